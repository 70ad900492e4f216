//! The text of a log: the person's note, what the call was, and the marker by which it is found again.

use std::time::Duration;

use ringside_domain::{Direction, Outcome, call::EndReason, log::CallLogEntry};

use crate::manifest::format::{LogCall, NoteFormat};

/// Stands where a note was cut.
const CUT: &str = "… (cut)";

/// `Inbound call with Anna Meier`
pub(super) fn subject(entry: &CallLogEntry) -> String {
    let direction = direction(entry.direction);
    match entry.contact_name.trim() {
        "" => format!("{direction} call"),
        name => format!("{direction} call with {name}"),
    }
}

/// `Inbound call, 3 min 20 s, answered`
pub(super) fn line(entry: &CallLogEntry) -> String {
    let mut parts = vec![format!("{} call", direction(entry.direction))];
    match (entry.duration, was_answered(entry)) {
        (Some(duration), _) => parts.push(length(duration)),
        (None, true) => parts.push("duration unknown".to_owned()),
        (None, false) => {}
    }
    parts.push(end(entry).to_owned());
    parts.extend(entry.outcome.map(|outcome| self::outcome(outcome).to_owned()));
    parts.dedup();
    parts.join(", ")
}

pub(super) fn was_answered(entry: &CallLogEntry) -> bool {
    entry.duration.is_some() || entry.end == Some(EndReason::Completed)
}

/// The body as this CRM takes it: its format, and no longer than it may be. The line and the marker are never cut.
pub(super) fn body(entry: &CallLogEntry, log: &LogCall) -> String {
    let marker = (!log.marker_in_field).then(|| entry.marker.as_str());
    let (written, break_): (fn(char) -> String, &str) = match log.note {
        NoteFormat::Text => (|sign| sign.to_string(), "\n"),
        NoteFormat::Html => (html, "<br>"),
    };
    let text = |text: &str| text.chars().map(written).collect::<String>();
    let tail: Vec<String> = std::iter::once(text(&line(entry))).chain(marker.map(text)).collect();
    let tail = tail.join(break_);
    let note: String = entry.note.trim().replace("\r\n", "\n").replace('\r', "\n");
    if note.is_empty() {
        return tail;
    }
    let gap = break_.repeat(2);
    let letters = |text: &str| text.chars().count();
    let room = log
        .max_note
        .map_or(usize::MAX, |most| most.saturating_sub(letters(&tail) + letters(&gap)));
    let whole = text(&note);
    if letters(&whole) <= room {
        return format!("{whole}{gap}{tail}");
    }
    let (mut kept, mut used) = (String::new(), letters(CUT));
    for sign in note.chars().map(written) {
        used += letters(&sign);
        if used > room {
            break;
        }
        kept.push_str(&sign);
    }
    if kept.is_empty() {
        tail
    } else {
        format!("{kept}{CUT}{gap}{tail}")
    }
}

fn html(sign: char) -> String {
    match sign {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        '\n' => "<br>".to_owned(),
        sign => sign.to_string(),
    }
}

const fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "Inbound",
        Direction::Out => "Outbound",
    }
}

fn end(entry: &CallLogEntry) -> &'static str {
    match entry.end {
        _ if was_answered(entry) => "answered",
        Some(EndReason::Missed) if entry.direction == Direction::Out => "no answer",
        Some(EndReason::Missed) => "missed",
        Some(EndReason::Declined) => "declined",
        Some(EndReason::AnsweredElsewhere) => "answered elsewhere",
        Some(EndReason::Forwarded) => "forwarded",
        Some(EndReason::Transferred) => "talked, and passed on",
        Some(EndReason::Busy) => "busy",
        Some(EndReason::Failed) => "failed",
        Some(EndReason::Completed) => "answered",
        Some(EndReason::Unknown) | None => "end unknown",
    }
}

const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Connected => "connected",
        Outcome::LeftMessage => "left a message",
        Outcome::NoAnswer => "no answer",
        Outcome::Busy => "busy",
        Outcome::WrongNumber => "wrong number",
        Outcome::CallBack => "to be called back",
    }
}

/// `45 s`, `3 min 20 s`, `1 h 2 min`
fn length(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use ringside_domain::{ConnectionId, ContactRef, Marker, Timestamp};

    use super::*;

    fn entry(note: &str, seconds: Option<u64>, end: Option<EndReason>) -> CallLogEntry {
        CallLogEntry {
            contact: ContactRef {
                connection: ConnectionId::new("crm"),
                contact_type: "Lead".into(),
                id: "7".into(),
            },
            contact_name: "Anna Meier".into(),
            direction: Direction::In,
            number: None,
            line: None,
            started: Timestamp(0),
            zone: "UTC".into(),
            duration: seconds.map(Duration::from_secs),
            end,
            outcome: None,
            note: note.into(),
            fields: Vec::new(),
            marker: Marker::new("ringside-abc", false),
        }
    }

    fn log(note: NoteFormat, max_note: Option<usize>, marker_in_field: bool) -> LogCall {
        LogCall {
            note,
            marker_in_field,
            max_note,
            moves: false,
            steps: Vec::new(),
            log_url: None,
        }
    }

    #[test]
    fn the_line_says_what_the_call_was() {
        let completed = Some(EndReason::Completed);
        assert_eq!(
            line(&entry("", Some(200), completed)),
            "Inbound call, 3 min 20 s, answered"
        );
        assert_eq!(
            line(&entry("", None, completed)),
            "Inbound call, duration unknown, answered"
        );
        assert_eq!(line(&entry("", None, Some(EndReason::Missed))), "Inbound call, missed");
        assert_eq!(line(&entry("", None, None)), "Inbound call, end unknown");
        let left = CallLogEntry {
            direction: Direction::Out,
            outcome: Some(Outcome::LeftMessage),
            ..entry("", Some(45), completed)
        };
        assert_eq!(line(&left), "Outbound call, 45 s, answered, left a message");
        let nobody = CallLogEntry {
            direction: Direction::Out,
            outcome: Some(Outcome::NoAnswer),
            ..entry("", None, Some(EndReason::Missed))
        };
        assert_eq!(line(&nobody), "Outbound call, no answer");
        assert_eq!(subject(&left), "Outbound call with Anna Meier");
    }

    #[test]
    fn the_body_is_note_line_and_marker() {
        let entry = entry("Wants <b>\r\nan offer & more ", Some(60), None);
        assert_eq!(
            body(&entry, &log(NoteFormat::Text, None, false)),
            "Wants <b>\nan offer & more\n\nInbound call, 1 min, answered\nringside-abc"
        );
        assert_eq!(
            body(&entry, &log(NoteFormat::Html, None, true)),
            "Wants &lt;b&gt;<br>an offer &amp; more<br><br>Inbound call, 1 min, answered"
        );
    }

    #[test]
    fn a_long_note_is_cut_and_says_so_and_the_marker_stays() {
        for (format, note) in [(NoteFormat::Text, "ü".repeat(500)), (NoteFormat::Html, "&".repeat(500))] {
            let body = body(&entry(&note, Some(60), None), &log(format, Some(120), false));
            let letters = body.chars().count();
            assert!(letters <= 120 && letters > 110, "{letters}");
            assert!(body.contains(CUT) && body.ends_with("ringside-abc"), "{body}");
            assert!(
                !body.contains("&a…") && !body.contains("&am…"),
                "no entity is cut: {body}"
            );
        }
        let tiny = body(&entry("note", Some(60), None), &log(NoteFormat::Text, Some(3), false));
        assert_eq!(tiny, "Inbound call, 1 min, answered\nringside-abc");
    }
}
