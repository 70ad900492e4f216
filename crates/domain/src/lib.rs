//! What Ringside talks about, and the doors to the world.
//!
//! Calls, contacts, writes and errors are plain values here; everything that touches a disk, a wire or a clock is a
//! *port*: an object-safe trait that another crate implements and `app` plugs in.
//!
//! Architecture invariant: this crate does no IO, knows no runtime and no wire format (no tokio, no serde), so that
//! every rule about calls can be tested as a function.

pub mod address_book;
pub mod call;
pub mod connector;
pub mod contact;
pub mod creation;
pub mod credentials;
pub mod error;
pub mod http;
pub mod id;
pub mod index;
pub mod journal;
pub mod log;
pub mod memory;
pub mod name;
pub mod sign_in;
pub mod source;
pub mod time;
pub mod trace;

pub use address_book::AddressBook;
pub use call::{Authority, Call, CallEvent, CallState, Change, Direction, EndReason, Outcome, Party, Trust};
pub use connector::{Capability, Connector, ConnectorInfo, Cx, Freshness};
pub use contact::{Contact, ContactDraft, ContactRef, ContactType, Match, StoredNumber};
pub use creation::{Creation, CreationState};
pub use credentials::CredentialStore;
pub use error::{Error, Kind, Result, Retry};
pub use http::{HostRules, HttpAnswer, HttpRequest, HttpTransport, Method, TypedHost, Url};
pub use id::{CallId, ConnectionId, CreationId, SourceId, WriteId};
pub use index::ContactIndex;
pub use journal::{Journal, Write, WriteState};
pub use log::{CallLogEntry, LogField, LogReceipt, LogRef, Marker};
pub use memory::ConnectionMemory;
pub use ringside_phone as phone;
pub use sign_in::SignIn;
pub use source::{CallSource, EventSink, Note, SourceState, Stop, Trouble};
pub use time::{Clock, Now, Random, Steady, Timestamp};
pub use trace::{Trace, TraceStep};
