//! Answers as calm, aligned text, or as JSON.

use std::io::{self, Write};

use ringside_ipc::{
    call::{
        AnswerDto, AskedState, CallDto, CallStateDto, CallerDto, CallerKind, DirectionDto, LogStateDto, LookupDto,
        TraceDto,
    },
    contact::{ContactDto, ContactRefDto, GradeDto, MatchDto},
    settings::NumberReadDto,
};
use serde::Serialize;

/// Where answers go, and how.
pub struct Out<'a, W> {
    pub json: bool,
    pub to: &'a mut W,
}

impl<W: Write> Out<'_, W> {
    /// What a person does or knows meanwhile. Nothing with `--json`: only its error may stand on standard error.
    pub fn aside(&self, words: &str) {
        if !self.json {
            eprintln!("{words}");
        }
    }

    pub fn value(&mut self, value: &impl Serialize) -> io::Result<()> {
        json_line(value, self.to)
    }

    /// The value as JSON, or what `text` makes of it.
    pub fn answer<T: Serialize>(
        &mut self,
        value: &T,
        text: impl FnOnce(&T, &mut W) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.json {
            self.value(value)
        } else {
            text(value, self.to)
        }
    }
}

/// One JSON value on one line.
pub fn json_line(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// People's text on a terminal: no control characters, and nothing that turns the line around.
pub fn plain(text: &str) -> String {
    let turns =
        |letter: char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .filter(|letter| !letter.is_control() && !turns(*letter))
        .collect()
}

/// Rows in columns as wide as their widest cell; the last column is as long as it is.
pub fn table(rows: &[Vec<String>], out: &mut impl Write) -> io::Result<()> {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| plain(cell)).collect())
        .collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line += &format!("{cell:<width$}  ");
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Named values under each other; those without a value are left out.
pub fn facts(facts: &[(&str, Option<String>)], out: &mut impl Write) -> io::Result<()> {
    let rows = facts
        .iter()
        .filter_map(|(name, value)| Some(vec![format!("  {name}"), value.clone()?]));
    table(&rows.collect::<Vec<_>>(), out)
}

pub fn number(read: &NumberReadDto, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", plain(&read.input))?;
    let keys = Some(read.keys.join("  ")).filter(|_| read.keys.len() > 1);
    facts(
        &[
            ("kind", Some(read.kind.clone())),
            ("number", read.e164.clone()),
            ("extension", read.extension.clone()),
            ("keys", keys),
        ],
        out,
    )?;
    let rows: Vec<_> = read
        .forms
        .iter()
        .map(|form| vec![format!("  {}", form.format), form.text.clone()])
        .collect();
    table(&rows, out)
}

pub fn reference(id: &ContactRefDto) -> String {
    format!("{}/{}/{}", id.connection, id.contact_type, id.id)
}

pub fn contacts(rows: &[ContactDto], out: &mut impl Write) -> io::Result<()> {
    table(&rows.iter().map(contact_row).collect::<Vec<_>>(), out)
}

fn contact_row(contact: &ContactDto) -> Vec<String> {
    vec![
        contact.name.clone(),
        contact.company.clone().unwrap_or_default(),
        contact
            .numbers
            .first()
            .map(|number| number.text.clone())
            .unwrap_or_default(),
        contact.type_label.clone(),
        reference(&contact.reference),
    ]
}

pub fn contact(contact: &ContactDto, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", plain(&contact.name))?;
    let mut known = vec![
        ("company", contact.company.clone()),
        ("title", contact.title.clone()),
        (
            "type",
            Some(format!("{}, {}", contact.type_label, contact.connection_name)),
        ),
        (
            "e-mail",
            Some(contact.emails.join(", ")).filter(|text| !text.is_empty()),
        ),
    ];
    known.extend(
        contact
            .numbers
            .iter()
            .map(|number| (number.label.as_str(), Some(number.text.clone()))),
    );
    known.push(("id", Some(reference(&contact.reference))));
    facts(&known, out)
}

pub fn caller(caller: &CallerDto) -> String {
    match caller.kind {
        CallerKind::Withheld => "number withheld".to_owned(),
        CallerKind::Unreadable if caller.text.is_empty() => "no number".to_owned(),
        _ => caller.text.clone(),
    }
}

/// The chosen contact, else the best match.
pub fn known(call: &CallDto) -> Option<&ContactDto> {
    let chosen = call.choice.as_ref().map(|choice| &choice.contact);
    chosen.or_else(|| call.lookup.matches.first().map(|found| &found.contact))
}

/// Who it is or will be, else the number.
fn who(call: &CallDto) -> String {
    if let Some(creation) = &call.creation {
        return format!("{} (to be created)", creation.draft.name);
    }
    // Of several nobody is picked, here as on the card.
    let possible = call.lookup.matches.len();
    if call.choice.is_none() && possible > 1 {
        return format!("{possible} possible callers");
    }
    known(call).map_or_else(|| caller(&call.caller), |contact| contact.name.clone())
}

pub fn calls(calls: &[CallDto], out: &mut impl Write) -> io::Result<()> {
    let rows = calls.iter().map(|call| {
        let arrow = if call.direction == DirectionDto::In {
            "in"
        } else {
            "out"
        };
        vec![
            ringside_app::local_time(call.started, &call.zone),
            arrow.to_owned(),
            state(call.state).to_owned(),
            who(call),
            // Nobody is known: the number is said already.
            Some(caller(&call.caller))
                .filter(|number| *number != who(call))
                .unwrap_or_default(),
            log_state(call),
            call.id.clone(),
        ]
    });
    table(&rows.collect::<Vec<_>>(), out)
}

pub fn call(call: &CallDto, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", plain(&who(call)))?;
    let direction = if call.direction == DirectionDto::In {
        "incoming"
    } else {
        "outgoing"
    };
    facts(
        &[
            ("number", Some(caller(&call.caller))),
            ("name sent", call.caller.display.clone()),
            ("call", Some(format!("{direction}, {}", state(call.state)))),
            ("line", call.line.clone()),
            (
                "began",
                Some(format!(
                    "{} {}",
                    ringside_app::local_time(call.started, &call.zone),
                    call.zone
                )),
            ),
            (
                "talked",
                call.talked.map(|ms| format!("{}:{:02}", ms / 60_000, ms / 1000 % 60)),
            ),
            (
                "note",
                Some(call.note.lines().collect::<Vec<_>>().join(" / ")).filter(|note| !note.is_empty()),
            ),
            (
                "fields",
                Some(
                    call.fields
                        .iter()
                        .map(|field| format!("{}={}", field.name, field.value))
                        .collect::<Vec<_>>()
                        .join(", "),
                )
                .filter(|fields| !fields.is_empty()),
            ),
            ("log", Some(log_state(call))),
            ("trouble", call.log.message.clone()),
            ("next", call.log.hint.clone()),
            ("id", Some(call.id.clone())),
        ],
        out,
    )?;
    if !call.twins.is_empty() {
        writeln!(
            out,
            "The same number turned up beside the contact that was created for this call:"
        )?;
        contacts(&call.twins, out)?;
    }
    lookup(&call.lookup, out)
}

pub fn lookup(lookup: &LookupDto, out: &mut impl Write) -> io::Result<()> {
    let rows: Vec<_> = lookup.matches.iter().map(match_row).collect();
    table(&rows, out)?;
    let asked = lookup.asked.iter().map(|asked| {
        let state = match asked.state {
            AskedState::Asking => "still asking",
            AskedState::Slow => "still asking, slow",
            AskedState::Found => "found",
            AskedState::NotFound => "not there",
            AskedState::Failed => "failed",
            AskedState::Skipped => "not asked",
        };
        vec![
            format!("  {}", asked.name),
            state.to_owned(),
            asked.message.clone().unwrap_or_default(),
        ]
    });
    table(&asked.collect::<Vec<_>>(), out)
}

fn match_row(found: &MatchDto) -> Vec<String> {
    let mut row = vec![format!("  {}", if found.gone { "gone" } else { grade(found.grade) })];
    row.extend(contact_row(&found.contact));
    row
}

pub fn grade(grade: GradeDto) -> &'static str {
    match grade {
        GradeDto::ExactWithExtension | GradeDto::Exact => "exact",
        GradeDto::Alias => "same number, old or new prefix",
        GradeDto::Alternate => "possible",
        GradeDto::National => "national number",
        GradeDto::Trunk => "same company line",
        GradeDto::Tail => "uncertain",
    }
}

pub fn trace(trace: &TraceDto, out: &mut impl Write) -> io::Result<()> {
    let freshness = if trace.live {
        "live"
    } else {
        "from the index where possible"
    };
    writeln!(
        out,
        "{} UTC, {freshness}, {}",
        ringside_app::local_time(trace.at, "UTC"),
        ms(trace.took_us)
    )?;
    let rows = trace.steps.iter().map(|step| {
        let answer = match &step.answer {
            AnswerDto::Found { records: 1, verified } => format!("1 record, {verified} proved"),
            AnswerDto::Found { records, verified } => format!("{records} records, {verified} proved"),
            AnswerDto::Failed { code, message } => format!("failed ({code}): {message}"),
            AnswerDto::Skipped { reason } => not_asked(reason),
            AnswerDto::Odd { reason } => format!("odd: {reason}"),
        };
        let began = format!("  +{}", ms(step.started_after_us));
        vec![
            began,
            ms(step.took_us),
            step.name.clone(),
            step.request.clone(),
            answer,
            step.forms.join(" | "),
        ]
    });
    table(&rows.collect::<Vec<_>>(), out)
}

/// Why a request was not made, or not waited for: most reasons say it themselves.
fn not_asked(reason: &str) -> String {
    let says_it = ["not ", "sent", "still "].iter().any(|word| reason.starts_with(word));
    if says_it {
        reason.to_owned()
    } else {
        format!("not asked: {reason}")
    }
}

fn ms(us: i64) -> String {
    format!("{}.{:03} ms", us / 1000, us % 1000)
}

pub fn state(state: CallStateDto) -> &'static str {
    match state {
        CallStateDto::Ringing => "ringing",
        CallStateDto::Answered => "answered",
        CallStateDto::Held => "held",
        CallStateDto::Completed => "ended",
        CallStateDto::Missed => "missed",
        CallStateDto::Declined => "declined",
        CallStateDto::AnsweredElsewhere => "answered elsewhere",
        CallStateDto::Forwarded => "forwarded",
        CallStateDto::Transferred => "transferred",
        CallStateDto::Busy => "busy",
        CallStateDto::Failed => "failed",
        CallStateDto::Unknown => "end unknown",
    }
}

fn log_state(call: &CallDto) -> String {
    let word = match call.log.state {
        LogStateDto::NotLogged => return "not logged".to_owned(),
        LogStateDto::SetAside => return "not to be logged".to_owned(),
        LogStateDto::Waiting => "waiting",
        LogStateDto::Logged => "logged",
        LogStateDto::Refused => "refused",
        LogStateDto::Unsure => "unsure",
    };
    let on = call.log.contact_name.as_deref().unwrap_or("nobody");
    match call.log.connection_name.as_deref() {
        Some(connection) => format!("{word}: {on}, {connection}"),
        None => format!("{word}: {on}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_hostile_text_is_tame() {
        let mut out = Vec::new();
        let rows = [
            vec!["a".to_owned(), "1".to_owned()],
            vec!["Zo\u{eb}\u{1b}[2J\u{202e}".to_owned(), "2".to_owned()],
        ];
        table(&rows, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a       1\nZo\u{eb}[2J  2\n");
    }
}
