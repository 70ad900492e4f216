//! One encrypted file: the journal, the index, the embedded address book, and what connections learned.
//!
//! They share a file so that a call, the contact it is about and the write it owes are one transaction, and so that one
//! key guards them all. They do not share a fate: the journal is never touched to mend anything, while the index is a
//! copy that is thrown away and made anew when it is damaged.
//!
//! Without a key there is no file: [`Store::memory`] keeps the same tables in memory, and [`Store::attach`] carries what
//! they hold over to the file once there is a key.
//!
//! Architecture invariant: the only crate that knows SQLite. No text that a person typed or a CRM sent is ever part of a
//! statement, of an error or of a log line.

mod address_book;
mod contact_row;
mod error;
mod file;
mod fold;
mod index;
mod journal;
mod key;
mod memory;
mod merge;
mod person;
mod rows;
mod schema;
mod store;
mod thread;
mod unreadable;

pub use address_book::{ADDRESS_BOOK, Batch, Candidate, NewPerson, TakenBack, types};
pub use key::{RecoveryCode, RecoveryCodeError, StoreKey};
pub use memory::LONGEST_MEMORY;
pub use merge::Merged;
pub use person::{Person, Whose};
pub use store::Store;
