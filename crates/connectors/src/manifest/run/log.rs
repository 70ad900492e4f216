//! Log a call, change a log, find the logs that bear a marker.

use std::collections::BTreeMap;

use ringside_domain::{
    Direction, Error, Kind, LogReceipt, LogRef, Outcome, Result,
    call::EndReason,
    connector::Progress,
    log::{CallLogEntry, LOG_ID, LOG_STEP, LOG_URL},
};
use serde_json::{Value, json};

use super::{
    Ask, Run, note,
    steps::{Steps, Stopped},
    type_variables,
};
use crate::manifest::{
    format::{LogCall, Type, WriteStep},
    mapping::has,
    render::Scope,
};

impl<'a> Run<'a> {
    pub(crate) async fn log_call(&self, entry: CallLogEntry, progress: &dyn Progress) -> Result<LogReceipt> {
        let kind = self.contact_type(&entry.contact.contact_type)?;
        let log = self.of(&kind.id, |own| own.log_call.as_ref(), &self.manifest().log_call)?;
        let (scope, chosen) = self.log_scope(&entry, kind, log).await?;
        if progress.answered(LOG_STEP).await.is_none() {
            self.is_complete(&chosen, kind, &scope).await?;
        }
        let complete = |step: &str, captured: &mut BTreeMap<String, String>, scope: &Scope| {
            if step == LOG_STEP {
                self.add_page(captured, log, scope);
            }
        };
        let done = self
            .steps(&log.steps, &scope, Some(progress), complete)
            .await
            .map_err(why)?;
        let captured = done.get(LOG_STEP).ok_or_else(|| self.no_id())?;
        let receipt = self.receipt(captured).ok_or_else(|| self.no_id())?;
        Ok(LogReceipt { log: receipt })
    }

    pub(crate) async fn update_log(&self, log: LogRef, entry: CallLogEntry) -> Result<LogReceipt> {
        let kind = self.contact_type(&entry.contact.contact_type)?;
        let update = self.of(&kind.id, |own| own.update_log.as_ref(), &self.manifest().update_log)?;
        let (scope, _) = self.log_scope(&entry, kind, update).await?;
        let scope = scope.with("log", &json!({ "id": log.id, "url": log.url }));
        let done: Steps = self
            .steps(&update.steps, &scope, None, |_, _, _| ())
            .await
            .map_err(|stopped| self.half_changed(&update.steps, stopped))?;
        // Some CRMs make a new record of a changed one.
        let renewed = done
            .values()
            .find(|captured| captured.get(LOG_ID).is_some_and(|id| !id.is_empty()));
        let mut captured = renewed.cloned().unwrap_or_default();
        captured.entry(LOG_ID.to_owned()).or_insert_with(|| log.id.clone());
        self.add_page(&mut captured, update, &scope);
        let now = self.receipt(&captured).ok_or_else(|| self.no_id())?;
        let url = now.url.or(log.url);
        Ok(LogReceipt {
            log: LogRef { id: now.id, url },
        })
    }

    /// Logs that bear the entry's marker, in the manifest's order.
    pub(crate) async fn find_log(&self, entry: CallLogEntry) -> Result<Vec<LogRef>> {
        let kind = self.contact_type(&entry.contact.contact_type)?;
        let find = self.of(&kind.id, |own| own.find_log.as_ref(), &self.manifest().find_log)?;
        let log = self.of(&kind.id, |own| own.log_call.as_ref(), &self.manifest().log_call)?;
        let (scope, _) = self.log_scope(&entry, kind, log).await?;
        let mut logs: Vec<LogRef> = Vec::new();
        let listed = self.list(Ask::new(&find.request, &find.answer, &scope)).await?;
        let read = listed.records.len();
        for record in listed.records {
            let bears = match &find.text {
                Some(path) => holds(&self.core.loaded.at(path, &record)?, entry.marker.as_str()),
                None => true,
            };
            if !bears {
                let text = find.text.as_deref().unwrap_or_default();
                let doubts = &self.core.loaded.doubts;
                doubts.say(|| {
                    format!(
                        "A log came and was left out: its text (path `{text}`) does not hold the marker; {}",
                        has(&record)
                    )
                });
            }
            let id = self.core.loaded.text_at(&find.id, &record)?.filter(|_| bears);
            if let Some(id) = id
                && !logs.iter().any(|log| log.id == id)
            {
                let mut captured = BTreeMap::from([(LOG_ID.to_owned(), id)]);
                self.add_page(&mut captured, log, &scope);
                logs.extend(self.receipt(&captured));
            }
        }
        // Of a list that was not read to its end nobody knows that the log is not there, and it would be made again.
        if logs.is_empty() && listed.is_cut {
            let message = format!("The log is not among the first {read} that {} lists", self.name());
            let hint = format!("Look in {} whether the call is logged", self.name());
            return Err(self.error(Kind::Internal, message).hint(hint));
        }
        Ok(logs)
    }

    /// What templates of a log see, and what counts for its fields.
    async fn log_scope(
        &self,
        entry: &CallLogEntry,
        kind: &'a Type,
        log: &LogCall,
    ) -> Result<(Scope, BTreeMap<String, String>)> {
        let contact = json!({
            "id": entry.contact.id,
            "type": entry.contact.contact_type,
            "name": entry.contact_name,
        });
        let scope = self
            .scope()
            .await?
            .with("type", &type_variables(kind))
            .with("contact", &contact);
        let scope = self.in_zone(&scope, &entry.zone);
        let chosen = self.chosen(entry, kind, &scope).await?;
        let scope = scope
            .with("call", &call_variables(entry))
            .with("subject", &note::subject(entry))
            .with("note", entry.note.trim())
            .with("body", &note::body(entry, log))
            .with("marker", entry.marker.as_str())
            .with("fields", &chosen);
        Ok((scope, chosen))
    }

    /// An update that stopped behind its first write has changed something already.
    fn half_changed(&self, steps: &[WriteStep], stopped: Stopped) -> Error {
        let first = steps.iter().find(|step| step.request.writes());
        let error = *stopped.refusal;
        let mut error = error.error;
        let place = steps.iter().position(|step| step.name == stopped.step);
        let began = first.and_then(|first| steps.iter().position(|step| step.name == first.name));
        if place > began && began.is_some() && !error.may_have_happened {
            error.message = format!("{} changed the log, but not all of it: {}", self.name(), error.message).into();
        }
        error
    }

    /// The log's page, where the answer has none that may be opened.
    fn add_page(&self, captured: &mut BTreeMap<String, String>, log: &LogCall, scope: &Scope) {
        let place = &self.core.place;
        let page = captured.remove(LOG_URL).and_then(|url| place.page(url)).or_else(|| {
            let id = captured.get(LOG_ID)?;
            let scope = scope.with("log", &json!({ "id": id }));
            place.page(self.core.loaded.address(log.log_url.as_ref()?, &scope).ok()?.into())
        });
        captured.extend(page.map(|page| (LOG_URL.to_owned(), page)));
    }

    fn receipt(&self, captured: &BTreeMap<String, String>) -> Option<LogRef> {
        let value = |name: &str| captured.get(name).filter(|value| !value.is_empty()).cloned();
        Some(LogRef {
            id: value(LOG_ID)?,
            url: value(LOG_URL),
        })
    }

    fn no_id(&self) -> ringside_domain::Error {
        let message = format!("The connector file of {} does not say which log it made", self.name());
        self.error(Kind::Internal, message).maybe_happened()
    }
}

fn why(stopped: Stopped) -> ringside_domain::Error {
    stopped.refusal.error
}

/// Whether the text holds the marker, wherever it is in there.
fn holds(value: &Value, marker: &str) -> bool {
    match value {
        Value::String(text) => text.contains(marker),
        Value::Array(items) => items.iter().any(|item| holds(item, marker)),
        _ => false,
    }
}

/// `call.*`. Times are milliseconds since 1970; null is what nobody knows. `end` is the start and the time talked, so that a
/// CRM that makes a call's length of its two times shows how long was talked, as all others do: the ringing is in neither.
/// Where the time talked is unknown, it is the start.
fn call_variables(entry: &CallLogEntry) -> Value {
    let talked = entry.duration.unwrap_or_default();
    let (number, line) = (entry.number.as_deref(), entry.line.as_deref());
    let (direction, from, to) = match entry.direction {
        Direction::In => ("in", number, line),
        Direction::Out => ("out", line, number),
    };
    json!({
        "start": entry.started.0,
        "end": entry.started.plus(talked).0,
        "seconds": entry.duration.map(|duration| duration.as_secs()),
        "milliseconds": entry.duration.map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)),
        "direction": direction,
        "answered": note::was_answered(entry),
        "outcome": entry.outcome.map(Outcome::code),
        "result": entry.end.map_or("unknown", EndReason::code),
        "number": number,
        "line": line,
        "from": from,
        "to": to,
    })
}
