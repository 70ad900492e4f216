//! What stands beside an answer about a number: connections that could not be asked at all, and those whose search did not find
//! what is shown of them.

use std::io::{self, Write};

use ringside_ipc::{
    ApiError,
    call::AnswerDto,
    command::{LookupReplyDto, Nothing},
    connection::ConnectionStateDto,
    status::ConnectionDto,
};

use crate::{
    reach::Reach,
    show::{self, Out},
};

/// Prints it; nothing with `--json`, which has the trace and `connection list`.
pub async fn print(
    reach: &Reach,
    found: &LookupReplyDto,
    live: bool,
    out: &mut Out<'_, impl Write>,
) -> Result<(), ApiError> {
    if out.json {
        return Ok(());
    }
    let connections: Vec<ConnectionDto> = reach.ask("connections", Nothing {}).await?;
    crate::exit::written(rows(found, &connections, live, out.to))
}

fn rows(found: &LookupReplyDto, connections: &[ConnectionDto], live: bool, out: &mut impl Write) -> io::Result<()> {
    let mut rows = Vec::new();
    for connection in connections {
        let was_asked = found.lookup.asked.iter().any(|asked| asked.connection == connection.id);
        let told = match stopped(connection).filter(|_| !was_asked) {
            Some(why) => ("not asked", why),
            None if live && was_missed(found, &connection.id) => {
                ("known before", "its search did not find this number now".to_owned())
            }
            None => continue,
        };
        rows.push(vec![format!("  {}", connection.name), told.0.to_owned(), told.1]);
    }
    show::table(&rows, out)
}

/// Why a connection is not asked, and what to do about it.
fn stopped(connection: &ConnectionDto) -> Option<String> {
    let why = match &connection.state {
        ConnectionStateDto::Ready => return None,
        ConnectionStateDto::SignInNeeded => format!("sign in first: ringside connection sign-in {}", connection.id),
        ConnectionStateDto::Changed { .. } => {
            format!("its connector changed: ringside connection agree {}", connection.id)
        }
        ConnectionStateDto::Broken { .. } => "its connector's file has faults: ringside connector check".to_owned(),
        ConnectionStateDto::Unfit { .. } => "its settings do not fit its connector".to_owned(),
        ConnectionStateDto::Missing => "its connector is not there".to_owned(),
    };
    Some(match &connection.message {
        Some(message) => format!("{why} ({message})"),
        None => why,
    })
}

/// Somebody of this connection is shown, and none of its requests with the number brought anybody who has it.
fn was_missed(found: &LookupReplyDto, connection: &str) -> bool {
    let is_shown = found
        .lookup
        .matches
        .iter()
        .any(|one| one.contact.reference.connection == connection);
    let mut searched = false;
    for step in &found.trace.steps {
        if step.connection.as_deref() != Some(connection) || step.forms.is_empty() {
            continue;
        }
        match step.answer {
            AnswerDto::Found { verified: 0, .. } => searched = true,
            AnswerDto::Found { .. } => return false,
            _ => {}
        }
    }
    is_shown && searched
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reply(verified: u32) -> LookupReplyDto {
        let contact = json!({
            "ref": { "connection": "own-acme", "contact_type": "person", "id": "7" },
            "connection_name": "Acme", "type_label": "Person", "is_company": false, "name": "Ann Example", "company": null,
            "title": null, "emails": [], "numbers": [], "url": null, "created": null, "updated": null, "last_call": null,
        });
        serde_json::from_value(json!({
            "caller": { "kind": "number", "text": "(202) 555-0143", "e164": "+12025550143", "region": "US", "line_type": null, "display": null },
            "lookup": {
                "running": false, "forms": 1, "checked": 0,
                "matches": [{ "contact": contact, "grade": "exact", "number": 0, "as_of": 0, "live": true, "gone": false, "also": [] }],
                "asked": [{ "connection": "own-acme", "name": "Acme", "state": "found", "message": null }],
            },
            "trace": { "at": 0, "live": true, "took_us": 1, "steps": [
                { "connection": "own-acme", "name": "Acme", "request": "GET /people", "forms": ["2025550143"], "started_after_us": 0,
                  "took_us": 1, "answer": { "kind": "found", "records": 1, "verified": verified } },
                { "connection": "own-acme", "name": "Acme", "request": "GET /people/…", "forms": [], "started_after_us": 0,
                  "took_us": 1, "answer": { "kind": "found", "records": 1, "verified": 1 } },
            ] },
        }))
        .unwrap()
    }

    fn connection(id: &str, state: serde_json::Value, message: Option<&str>) -> ConnectionDto {
        serde_json::from_value(json!({
            "id": id, "name": "Acme", "connector": "own/acme", "connector_name": "Acme", "state": state, "logs_here": false,
            "types": [], "can_create": true, "can_log": true, "can_sign_in": false, "own": true, "evidence": null, "needs": [],
            "limits": [], "environment": null, "server": null, "parameters": {}, "account": null, "message": message, "hint": null,
        }))
        .unwrap()
    }

    fn said(found: &LookupReplyDto, connection: ConnectionDto, live: bool) -> String {
        let mut out = Vec::new();
        rows(found, &[connection], live, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_only_the_index_knew_is_said_of_a_live_answer() {
        let ready = || connection("own-acme", json!({ "kind": "ready" }), None);
        let words = "  Acme  known before  its search did not find this number now\n";
        assert_eq!(said(&reply(0), ready(), true), words);
        assert_eq!(said(&reply(1), ready(), true), "");
        assert_eq!(said(&reply(0), ready(), false), "");
    }

    #[test]
    fn a_connection_that_stopped_is_named_with_what_to_do() {
        let broken = json!({ "kind": "broken", "problems": [] });
        let broken = connection(
            "own-other",
            broken,
            Some("line 147, column 12: `exakt` can't stand here"),
        );
        assert_eq!(
            said(&reply(1), broken, false),
            "  Acme  not asked  its connector's file has faults: ringside connector check (line 147, column 12: `exakt` can't stand here)\n"
        );
        let changed = connection(
            "own-other",
            json!({ "kind": "changed", "before": null, "after": "x" }),
            None,
        );
        assert!(said(&reply(1), changed, false).contains("ringside connection agree own-other"));
    }
}
