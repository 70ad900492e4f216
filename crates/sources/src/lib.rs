//! Where call events come from.
//!
//! One module per source. Each turns its own wire format into [`CallEvent`](ringside_domain::CallEvent)s with the wire's
//! own words and judges nothing: reading numbers, joining reports and looking people up is the engine's work.
//!
//! Architecture invariant: a source sees the domain and its wire. Whatever a wire says is hostile until cleaned.

pub mod asterisk;
pub mod baresip;
mod clean;
mod dial;
mod health;
pub mod intake;
pub mod kinds;
pub mod recipes;
pub mod rehearsal;
pub mod report;
pub mod ringcentral;
pub mod sip;
mod tcp;

pub use intake::{Intake, PhoneRegistry};

pub use rehearsal::Rehearsal;
pub use report::{Report, Reports};
