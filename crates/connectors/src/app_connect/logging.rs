//! Logging a call: the log, then its fields once more, and the way back to a log whose answer was lost.

use std::sync::Arc;

use ringside_domain::{
    CallLogEntry, ContactRef, Error, Kind, LogField, LogReceipt, LogRef, Marker, Method, Result, connector::Progress,
    log::LOG_STEP, trace::Answer,
};
use serde_json::{Map, Value};

use super::{
    AppConnect, answer,
    contacts::wire_type,
    fields::Field,
    logs,
    manifest::ServerManifest,
    operations::Told,
    wire::{Ask, Span},
};

/// The step after [`LOG_STEP`]: the fields once more. The server replaces them, so it may be sent twice.
const FIELDS_STEP: &str = "fields";

impl AppConnect {
    pub(super) async fn log(&self, span: &Span, entry: &CallLogEntry, progress: &dyn Progress) -> Result<LogReceipt> {
        let manifest = self.manifest_for(span, entry).await?;
        let known = progress
            .answered(LOG_STEP)
            .await
            .and_then(|captures| LogRef::from_captures(&captures));
        let log = match known {
            Some(log) => log,
            None => {
                progress.begin(LOG_STEP).await?;
                match self.make_log(span, &manifest, entry).await {
                    Ok(log) => {
                        progress.done(LOG_STEP, log.captures()).await?;
                        log
                    }
                    Err(error) => {
                        if !error.may_have_happened {
                            progress.not_done(LOG_STEP).await?;
                        }
                        return Err(error);
                    }
                }
            }
        };
        if let Some(body) = logs::disposition(entry, &manifest)
            && progress.answered(FIELDS_STEP).await.is_none()
        {
            progress.begin(FIELDS_STEP).await?;
            if let Err(error) = self.set_fields(span, &manifest, body).await {
                progress.not_done(FIELDS_STEP).await?;
                return Err(error);
            }
            progress.done(FIELDS_STEP, Vec::new()).await?;
        }
        Ok(LogReceipt { log })
    }

    /// Whether the fields are sent once more depends on the connector's functions.
    async fn manifest_for(&self, span: &Span, entry: &CallLogEntry) -> Result<Arc<ServerManifest>> {
        if entry.fields.is_empty() {
            self.manifest(span).await
        } else {
            self.whole_manifest(span).await
        }
    }

    async fn make_log(&self, span: &Span, manifest: &ServerManifest, entry: &CallLogEntry) -> Result<LogRef> {
        let ask = Ask::send("log_call", Method::Post, "/callLog", logs::create(entry, manifest));
        let told = match self.signed(span, manifest, ask).await {
            // Somebody logged this very call before us: another machine, or we, before a crash.
            // The server does not tell on whom, so the person is told to look.
            Err(error) if error.kind == Kind::Conflict => {
                let log = self.logs_of(span, &entry.marker).await?.into_iter().next().ok_or(error)?;
                span.said(&format!(
                    "{} had a log of this call already: look there whether it is on the right contact",
                    manifest.name
                ));
                return Ok(log);
            }
            told => told.map_err(unsure)?,
        };
        let hostname = self.hostname(manifest);
        let log = logs::log_ref(
            &told.body["logId"],
            manifest,
            hostname.as_deref(),
            Some(wire_type(&entry.contact.contact_type)),
        );
        match log.filter(|_| !told.nothing) {
            Some(log) => {
                self.tell(span, &told.step, 1);
                self.remark(span, &told);
                Ok(log)
            }
            None if told.nothing => Err(Error::new(
                Kind::Invalid,
                "log_call",
                format!("{} did not log the call", manifest.name),
            )),
            // Done, says the server; which log it is, it may have noted down all the same.
            None => Err(Error::new(
                Kind::Invalid,
                "log_call",
                format!("{} did not say which log it made", manifest.name),
            )
            .hint("Look in the CRM before you log it again")
            .maybe_happened()),
        }
    }

    async fn set_fields(&self, span: &Span, manifest: &ServerManifest, body: Value) -> Result<()> {
        let told = self
            .signed(
                span,
                manifest,
                Ask::send("log_call", Method::Put, "/callDisposition", body),
            )
            .await?;
        if told.nothing {
            let message = format!("{} did not take the fields of the log", manifest.name);
            return Err(Error::new(Kind::Invalid, "log_call", message).hint("Set them in the CRM"));
        }
        self.tell(span, &told.step, 1);
        self.remark(span, &told);
        Ok(())
    }

    /// What the server says beside an answer is for the person, and for the trace.
    pub(super) fn remark(&self, span: &Span, told: &Told) {
        if let Some(words) = answer::remark(&told.body) {
            span.said(&words);
            span.tell(&self.setup.connection, &told.step, Answer::Skipped { reason: words });
        }
    }

    pub(super) async fn update(&self, span: &Span, log: LogRef, entry: &CallLogEntry) -> Result<LogReceipt> {
        let manifest = self.manifest_for(span, entry).await?;
        let ask = Ask::send("update_log", Method::Patch, "/callLog", logs::update(entry, &manifest));
        let told = self.signed(span, &manifest, ask).await?;
        if told.nothing {
            return Err(Error::new(
                Kind::NotFound,
                "update_log",
                "The App Connect server does not know this log",
            )
            .hint("Change it in the CRM"));
        }
        self.tell(span, &told.step, 1);
        self.remark(span, &told);
        if let Some(body) = logs::disposition(entry, &manifest) {
            self.set_fields(span, &manifest, body).await?;
        }
        Ok(LogReceipt { log })
    }

    pub(super) async fn logs_of(&self, span: &Span, marker: &Marker) -> Result<Vec<LogRef>> {
        let manifest = self.manifest(span).await?;
        let ask = Ask::get("find_log", "/callLog")
            .with("sessionIds", marker.as_str())
            .with("requireDetails", "false");
        let told = self.signed(span, &manifest, ask).await?;
        let hostname = self.hostname(&manifest);
        let found = logs::of_session(&told.body, marker, &manifest, hostname.as_deref());
        self.proved(span, &told.step, found.len(), found.len());
        Ok(found)
    }

    pub(super) async fn fields(&self, span: &Span, contact: &ContactRef) -> Result<Vec<LogField>> {
        let manifest = self.manifest(span).await?;
        let depends = manifest.log_fields.iter().any(|field| field.contact_dependent);
        let asked = match self.seen.row(contact) {
            Some(row) => Ok(Some(row)),
            None if depends => match self.seen.way(&*self.parts.memory, contact).await {
                Some(way) => self.look_again(span, &manifest, contact, way).await,
                None => Ok(None),
            },
            None => Ok(None),
        };
        let contact_type = wire_type(&contact.contact_type);
        let (additional, failed) = match asked {
            Ok(row) => (row.map_or_else(Map::new, |row| row.additional), None),
            // What does not depend on the contact is there all the same.
            Err(error) => (Map::new(), Some(error.message)),
        };
        let field = |field: &Field| match &failed {
            Some(why) if field.contact_dependent => field.unasked(contact_type, why),
            _ => field.for_log(contact_type, &additional),
        };
        Ok(manifest.log_fields.iter().filter_map(field).collect())
    }
}

/// The server writes to the CRM first and notes it down then. Where its own database fails, the log is most likely there,
/// and the server doesn't know it.
fn unsure(error: Error) -> Error {
    if error.message == answer::DATABASE_FAILED {
        return Error::new(
            Kind::Conflict,
            "log_call",
            "The App Connect server could not note down whether the call is logged",
        )
        .hint("Look in the CRM; send the log again only if it is not there")
        .maybe_happened();
    }
    error
}
