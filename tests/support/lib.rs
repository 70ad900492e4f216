//! What tests of several crates share: a CRM on the loopback that can be told to misbehave, a connector for it, a desk with
//! phones, and a strict RingCentral.
#![allow(clippy::unwrap_used, clippy::panic)]

pub mod crm;
pub mod detour;
pub mod gate;
mod http_crm;
pub mod phone;
pub mod phone_desk;
pub mod ringcentral;

pub use crm::{Act, Answer, Hold, LoopbackCrm, Route};
pub use http_crm::{HttpCrm, NUMBER};
