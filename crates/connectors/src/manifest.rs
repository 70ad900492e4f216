//! The manifest engine: any CRM from one readable file.
//!
//! A [`Manifest`](format::Manifest) says what a CRM's API looks like; the modules here do the rest. From the file inwards:
//! `load` reads and checks it, `render` makes requests of its templates, `mapping` makes contacts of its answers, `auth` signs
//! in, `send` is the one way out, and `run` holds the operations of the port [`Connector`](ringside_domain::Connector).

mod auth;
mod budget;
pub mod check;
mod classify;
pub mod connector;
pub mod format;
mod learned;
pub mod load;
pub(crate) mod mapping;
pub(crate) mod render;
mod run;
mod send;
