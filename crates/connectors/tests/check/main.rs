//! `connector check`: the manifests that ship come out clean, and what is wrong with others is said with its place.
#![allow(clippy::unwrap_used, clippy::panic)]

mod costly;
mod examples;
mod guide;
mod lint;
mod named;
mod newcomer;
mod pins;
mod reference;
mod shipped;
