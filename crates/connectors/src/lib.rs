//! Connectors: what knows how to talk to one kind of CRM.
//!
//! Each implements the port [`Connector`](ringside_domain::Connector). Most are manifests, one readable file a CRM, which the
//! engine in [`manifest`] runs; the address book and the App Connect server need code. [`catalog`] lists all of them, and
//! [`registry::build`] makes the connector of one configured connection.

pub mod address_book;
pub mod app_connect;
pub mod catalog;
mod hidden;
pub mod manifest;
pub mod parts;
pub mod pin;
pub mod registry;
mod retry_after;
pub mod server;
