//! What phones put into queries, forms and JSON, read as leniently as can be without guessing.
//!
//! Many phones fill their variables in unescaped: `remote=sip:+49…@host;user=phone`, a plus sign that is meant as one, a
//! name with `&` in it. Where two readings are possible the one that keeps a number whole wins.

use ringside_domain::{Change, Direction};

use super::poly;
use crate::report::{Report, change_in_words, direction_in_words};

/// Why a request tells no call, in a sentence for its sender. Never quotes the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unclear(pub &'static str);

/// How the body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    Json,
    /// Of a Poly phone.
    Xml,
    /// A form; or JSON, if it begins with a brace, or XML, if it begins with a bracket: `curl -d` calls everything a form.
    Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Event,
    Remote,
    Local,
    Name,
    Call,
    Direction,
}

/// What one request tells. `None`: of no call, as when a phone reports a dial tone.
///
/// # Errors
/// A sentence for the sender, when nothing can be made of it.
pub fn read_report(query: &str, body: &[u8], written: Written) -> Result<Option<Report>, Unclear> {
    let fields = Fields::read(query, body, written)?;
    if fields.no_call {
        return Ok(None);
    }
    fields.report().map(Some)
}

/// The fields that a report may have; of two with the same meaning the first that is filled in counts.
#[derive(Debug, Default)]
struct Fields {
    found: Vec<(Field, String)>,
    /// The body tells of something that is no call.
    no_call: bool,
}

impl Fields {
    fn read(query: &str, body: &[u8], written: Written) -> Result<Self, Unclear> {
        let mut fields = Self::default();
        fields.read_pairs(query.as_bytes());
        let trimmed = body.trim_ascii();
        let json = written == Written::Json || trimmed.starts_with(b"{");
        if written == Written::Xml || trimmed.starts_with(b"<") {
            let found = poly::read(trimmed)?;
            fields.no_call = found.is_empty();
            fields.found.extend(found);
        } else if json && !trimmed.is_empty() {
            fields.read_json(trimmed)?;
        } else {
            fields.read_pairs(trimmed);
        }
        Ok(fields)
    }

    fn report(self) -> Result<Report, Unclear> {
        let mut direction = None;
        let mut change = None;
        if let Some(word) = self.get(Field::Direction) {
            let known = direction_in_words(word).ok_or(Unclear("The direction is neither in nor out."))?;
            direction = Some(known);
        }
        if let Some(word) = self.get(Field::Event) {
            let (known, tells): (Change, Option<Direction>) = change_in_words(word).ok_or(Unclear(
                "The event is none of ringing, answered, held, ended and missed, nor a word like them.",
            ))?;
            change = Some(known);
            direction = direction.or(tells);
        }
        let text = |field| self.get(field).map(str::to_owned);
        let report = Report {
            from: text(Field::Remote),
            to: text(Field::Local),
            name: text(Field::Name),
            direction,
            change,
            call_id: text(Field::Call),
        };
        if report == Report::default() {
            return Err(Unclear(
                "The request tells nothing: it needs at least event, remote or call.",
            ));
        }
        Ok(report)
    }

    fn get(&self, field: Field) -> Option<&str> {
        self.found
            .iter()
            .find(|(name, text)| *name == field && !text.trim().is_empty())
            .map(|(_, text)| text.as_str())
    }

    /// `a=b&c=d`. A piece that is no pair belongs to the value before it: that value had an `&` in it.
    fn read_pairs(&mut self, text: &[u8]) {
        let mut pairs: Vec<(Option<Field>, Vec<u8>)> = Vec::new();
        for piece in text.split(|byte| *byte == b'&') {
            let (key, value) = match piece.iter().position(|byte| *byte == b'=') {
                Some(at) => (&piece[..at], Some(&piece[at + 1..])),
                None => (piece, None),
            };
            match (value, pairs.last_mut()) {
                (Some(value), _) if is_key(key) => pairs.push((field_named(&decoded(key, false)), value.to_vec())),
                (_, Some((_, before))) => {
                    before.push(b'&');
                    before.extend_from_slice(piece);
                }
                (_, None) => {}
            }
        }
        for (field, value) in pairs {
            let Some(field) = field else { continue };
            let spaces = !matches!(field, Field::Remote | Field::Local | Field::Call);
            self.found.push((field, decoded(&value, spaces)));
        }
    }

    fn read_json(&mut self, text: &[u8]) -> Result<(), Unclear> {
        let value: serde_json::Value =
            serde_json::from_slice(text).map_err(|_| Unclear("The body is not JSON that can be read."))?;
        let object = value
            .as_object()
            .ok_or(Unclear("The JSON is not an object such as {\"event\":\"ringing\"}."))?;
        for (key, value) in object {
            let Some(field) = field_named(key) else { continue };
            let text = match value {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Number(number) => number.to_string(),
                // baresip writes `"event": true` beside the `type` that tells which one.
                serde_json::Value::Null | serde_json::Value::Bool(_) => continue,
                _ => return Err(Unclear("A field of the JSON is neither text nor a number.")),
            };
            self.found.push((field, text));
        }
        Ok(())
    }
}

fn field_named(key: &str) -> Option<Field> {
    Some(match key.trim().to_ascii_lowercase().replace('-', "_").as_str() {
        "event" | "state" | "status" | "type" => Field::Event,
        "remote" | "from" | "number" | "caller" | "callerid" | "caller_id" | "peeruri" => Field::Remote,
        "local" | "to" | "line" | "called" | "account" | "accountaor" => Field::Local,
        "name" | "display" | "display_name" | "display_remote" | "caller_name" | "peerdisplayname" => Field::Name,
        "call" | "call_id" | "callid" | "id" => Field::Call,
        "direction" | "dir" => Field::Direction,
        _ => return None,
    })
}

/// What can be the name of a field, known to us or not: `mac`, `display_remote`. `Sons=1` in `Smith &Sons=1` is one too;
/// `Co. KG` is not.
fn is_key(key: &[u8]) -> bool {
    !key.is_empty()
        && key.len() <= 32
        && key
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-$".contains(byte))
}

/// Percent signs taken for what they stand for, where they stand for something. A plus is a space only in `spaces`, and
/// even there not before a digit at the beginning.
fn decoded(text: &[u8], spaces: bool) -> String {
    let hex = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let byte = text[at];
        if byte == b'%'
            && let (Some(high), Some(low)) = (hex(at + 1), hex(at + 2))
        {
            bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
            at += 3;
            continue;
        }
        let is_number = at == 0 && text.get(1).is_some_and(u8::is_ascii_digit);
        bytes.push(if byte == b'+' && spaces && !is_number {
            b' '
        } else {
            byte
        });
        at += 1;
    }
    match String::from_utf8(bytes) {
        Ok(text) => text,
        // Old phones write Latin-1, whose bytes are the first 256 characters of Unicode.
        Err(bytes) => bytes.as_bytes().iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use ringside_domain::EndReason;

    use super::*;

    fn query(text: &str) -> Report {
        Fields::read(text, b"", Written::Form).unwrap().report().unwrap()
    }

    #[test]
    fn what_phones_send() {
        let yealink = query(
            "event=ringing&remote=sip:+442079460123@pbx.example;user=phone&name=Ada+Lovelace&call=17&account=201&mac=00aa",
        );
        assert_eq!(
            yealink.from.as_deref(),
            Some("sip:+442079460123@pbx.example;user=phone")
        );
        assert_eq!(yealink.name.as_deref(), Some("Ada Lovelace"));
        assert_eq!(yealink.to.as_deref(), Some("201"));
        assert_eq!(
            (yealink.call_id.as_deref(), yealink.change),
            (Some("17"), Some(Change::Ringing))
        );

        for (text, number) in [
            ("from=+12025550123", "+12025550123"),
            ("from=%2B12025550123", "+12025550123"),
            ("number=+1%20(202)%20555-0123", "+1 (202) 555-0123"),
            ("caller=100%", "100%"),
            ("remote=&from=201", "201"),
        ] {
            assert_eq!(query(text).from.as_deref(), Some(number), "{text}");
        }
    }

    #[test]
    fn names_with_ampersands_and_old_letters() {
        assert_eq!(
            query("name=Smith & Sons&event=ended").name.as_deref(),
            Some("Smith & Sons")
        );
        assert_eq!(query("name=A&B C&D&call=1").name.as_deref(), Some("A&B C&D"));
        assert_eq!(query("name=M%FCller").name.as_deref(), Some("Müller"));
        assert_eq!(query("name=M%C3%BCller").name.as_deref(), Some("Müller"));
        assert_eq!(query("name=+49+Club").name.as_deref(), Some("+49 Club"));
    }

    #[test]
    fn words_tell_direction() {
        let outgoing = query("event=outgoing&remote=201");
        assert_eq!(
            (outgoing.change, outgoing.direction),
            (Some(Change::Ringing), Some(Direction::Out))
        );
        assert_eq!(
            query("event=incoming&direction=out").direction,
            Some(Direction::Out),
            "what is said beats what is implied"
        );
        assert_eq!(query("state=missed").change, Some(Change::Ended(EndReason::Missed)));
    }

    #[test]
    fn bodies() {
        let json = br#"{"event":"ringing","remote":12025550123,"name":null,"extra":[1]}"#;
        let report = Fields::read("", json, Written::Form).unwrap().report().unwrap();
        assert_eq!(report.from.as_deref(), Some("12025550123"));
        let form = Fields::read("event=ended", b"remote=201", Written::Form)
            .unwrap()
            .report()
            .unwrap();
        assert_eq!(
            (form.from.as_deref(), form.change),
            (Some("201"), Some(Change::Ended(EndReason::Completed)))
        );

        let baresip = br#"{"event":true,"type":"CALL_INCOMING","class":"call","accountaor":"sip:202@pbx.example",
            "direction":"incoming","peeruri":"sip:+12025550123@pbx.example","peerdisplayname":"Ada","id":"1-24341@pbx"}"#;
        let report = Fields::read("", baresip, Written::Json).unwrap().report().unwrap();
        assert_eq!(report.from.as_deref(), Some("sip:+12025550123@pbx.example"));
        assert_eq!(
            (report.change, report.direction),
            (Some(Change::Ringing), Some(Direction::In))
        );
        assert_eq!(
            (report.name.as_deref(), report.to.as_deref()),
            (Some("Ada"), Some("sip:202@pbx.example"))
        );

        for (text, written) in [
            (&b"{"[..], Written::Json),
            (b"[1]", Written::Json),
            (br#"{"event":{}}"#, Written::Form),
        ] {
            assert!(Fields::read("", text, written).is_err(), "{text:?}");
        }
        for text in [
            "",
            "event=exploded",
            "event=ringing&direction=up",
            "mac=1",
            "%%%",
            "====&&&",
        ] {
            assert!(
                Fields::read(text, b"", Written::Form).and_then(Fields::report).is_err(),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_query_and_no_body_break_it(query in "\\PC{0,80}|[a-z&=%+0-9]{0,80}", body in any::<Vec<u8>>(), json in any::<bool>()) {
            let written = if json { Written::Json } else { Written::Form };
            let _ = Fields::read(&query, &body, written).and_then(Fields::report);
        }

        #[test]
        fn a_number_survives_every_way_of_writing_it(digits in "[0-9]{3,14}", before in "(event=ringing&|mac=00aa&|)") {
            for written in [format!("+{digits}"), format!("%2B{digits}"), format!("%2b{digits}")] {
                let report = query(&format!("{before}remote={written}&name=A"));
                prop_assert_eq!(report.from, Some(format!("+{digits}")));
            }
        }
    }
}
