//! Connectors: what knows how to talk to one kind of CRM.
//!
//! Each implements the port [`Connector`](ringside_domain::Connector) and is a row of [`registry::kinds`]. Today there is
//! the embedded address book, which needs code because it is no web service; connectors to CRMs are to be manifests.

pub mod address_book;
pub mod manifest;
pub mod parts;
pub mod registry;
