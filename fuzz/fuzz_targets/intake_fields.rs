//! Whatever a phone or a neighbour sends to the intake, nothing breaks on it.
//!
//! The first byte says how the body is written, the first line is the query, the rest is the body.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringside_sources::intake::{Written, read_report};

fuzz_target!(|data: &[u8]| {
    let Some((how, rest)) = data.split_first() else { return };
    let written = match how % 3 {
        0 => Written::Form,
        1 => Written::Json,
        _ => Written::Xml,
    };
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let query = String::from_utf8_lossy(&rest[..end]);
    let body = rest.get(end + 1..).unwrap_or_default();
    let _ = read_report(&query, body, written);
});
