//! Reading, comparing and writing phone numbers.
//!
//! Everything a wire or a CRM may hold goes through [`read`], which gives a [`Reading`]: a number, an
//! extension, a SIP address, *withheld*, or *unreadable*. Only valid numbers become a [`PhoneNumber`].
//! [`stored_keys`] and [`probe_keys`] say where an index files and looks for one, [`compare`] decides
//! whether two readings are the same line and how good that proof is, and [`forms`] writes a number
//! the ways people of its country store it.
//!
//! Pure: no input or output, no clock, no global settings. The number library is named in one module
//! ([`reader`]) and can be replaced there.

mod alias;
mod digit;
mod format;
mod forms;
mod grade;
mod groups;
mod key;
mod label;
mod ladder;
mod mask;
mod number;
mod plan;
mod read;
pub mod reader;
mod reading;
mod region;
mod wire;

pub use format::{Format, FormatError};
pub use forms::{Form, MAX_FORMS, forms};
pub use grade::{Grade, GradeError, compare};
pub use key::{Key, KeyKind, probe_keys, stored_keys};
pub use number::{Line, PhoneNumber};
pub use read::{Home, read, read_with};
pub use reader::{reader_name, warm_up};
pub use reading::{Extension, Reading, SipAddress, Unreadable};
pub use region::{Region, RegionError};
