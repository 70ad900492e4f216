//! What the wire may carry that is no command: refused with words, and without repeating what it held.
#![allow(clippy::unwrap_used, clippy::panic)]

use ringside_ipc::{Command, command::CallArgs, command::ReadArgs};
use serde_json::json;

#[test]
fn arguments_are_strict() {
    assert!(serde_json::from_value::<CallArgs>(json!({"call": "x", "more": 1})).is_err());
    assert!(serde_json::from_value::<ReadArgs>(json!({})).is_err());
    let bare: Command = serde_json::from_value(json!({"command": "snapshot"})).unwrap();
    assert!(bare.args.is_null());
}
