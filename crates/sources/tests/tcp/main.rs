//! The sources on one TCP connection, baresip and Asterisk: what was captured and what is documented, strict peers that
//! break in every way, and the real program where it can be had.

#![allow(clippy::unwrap_used, clippy::panic)]

mod asterisk;
mod asterisk_legs;
mod asterisk_more;
mod asterisk_server;
mod baresip;
mod baresip_real;
mod exchange;
mod house;
