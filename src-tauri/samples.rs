//! Sample calls and people for tests, as the owner's pictures of them.

use ringside_ipc::{call::CallDto, settings::SettingsDto};
use serde_json::{Value, json};

pub fn call(change: impl FnOnce(&mut Value)) -> CallDto {
    let mut value = json!({
        "id": "01890a5d-ac96-774b-bcce-b302099a8057", "direction": "in", "state": "ringing", "is_over": false, "card": true,
        "line": "Support", "queue": null, "diverted_by": [], "caller": { "kind": "number", "text": "(202) 555-0143",
        "e164": "+12025550143", "region": "US", "line_type": null, "display": "FREE MONEY" }, "started": 0, "zone": "UTC",
        "answered": null, "ended": null, "talked": null, "unverified": false, "rehearsal": true,
        "lookup": { "running": false, "matches": [], "asked": [], "forms": 9, "checked": null }, "choice": null,
        "note": "", "outcome": null, "log": { "state": "not_logged", "write": null, "connection": null,
        "connection_name": null, "contact": null, "contact_name": null, "message": null, "hint": null, "code": null,
        "next_try": null, "url": null, "changed": false, "moves": true }, "fields": [], "twins": [], "never_log": null, "vip": false,
        "creation": null, "undo": null, "provider_call_id": null
    });
    change(&mut value);
    serde_json::from_value(value).expect("a call")
}

/// The same call under another id.
pub fn numbered(at: usize, change: impl FnOnce(&mut Value)) -> CallDto {
    call(|call| {
        call["id"] = json!(format!("01890a5d-ac96-774b-bcce-{at:012}"));
        change(call);
    })
}

pub fn anna() -> Value {
    json!({ "contact": { "ref": { "connection": "a", "contact_type": "person", "id": "1" }, "name": "Anna Meier",
        "company": "ACME", "title": null, "emails": [], "numbers": [], "type_label": "Person", "is_company": false,
        "connection_name": "Address book", "url": null, "last_call": null }, "grade": "exact", "number": 0,
        "as_of": 0, "live": false, "gone": false, "also": [] })
}

/// The settings of somebody who never changed any.
pub fn settings(change: impl FnOnce(&mut SettingsDto)) -> SettingsDto {
    let mut settings = serde_json::from_value(json!({
        "home": null, "outside_prefix": null, "formats": [], "own_numbers": [], "never_log": [], "vip": [],
        "pop": "always", "several": "ask", "nobody": "ask", "open_record": "by_hand", "log_rule": "ask", "notify": true,
        "respect_do_not_disturb": true, "letter_keys": true, "card_screen": "pointer", "text_size": 100, "start_with_system": false,
        "handle_tel_links": false, "search_hotkey": null, "card_hotkey": null, "present_hotkey": null, "say_hotkey": null,
        "intake_on": false, "intake_port": 4321, "intake_lan": null, "keep_calls_days": null, "welcomed": true
    }))
    .expect("settings");
    change(&mut settings);
    settings
}
