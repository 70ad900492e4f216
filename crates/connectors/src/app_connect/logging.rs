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
    settings::Own,
    wire::{Ask, Span},
};

/// The step after [`LOG_STEP`]: the fields once more. The server replaces them, so it may be sent twice.
const FIELDS_STEP: &str = "fields";

impl AppConnect {
    pub(super) async fn log(&self, span: &Span, entry: &CallLogEntry, progress: &dyn Progress) -> Result<LogReceipt> {
        let manifest = self.manifest(span).await?;
        let fields = self.submission(span, &manifest, entry).await;
        let manifest = self.to_send(span, manifest, &fields).await?;
        let known = progress
            .answered(LOG_STEP)
            .await
            .and_then(|captures| LogRef::from_captures(&captures));
        let log = match known {
            Some(log) => log,
            None => {
                progress.begin(LOG_STEP).await?;
                match self.make_log(span, &manifest, entry, &fields).await {
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
        if let Some(body) = logs::disposition(entry, &fields, &manifest)
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

    /// The manifest for sending these fields: whether they are sent once more depends on the connector's functions.
    async fn to_send(
        &self,
        span: &Span,
        manifest: Arc<ServerManifest>,
        fields: &Map<String, Value>,
    ) -> Result<Arc<ServerManifest>> {
        match fields.is_empty() {
            true => Ok(manifest),
            false => self.whole_manifest(span).await,
        }
    }

    /// What counts for each field of a new log: what the person chose, else the default that the dialog shows. What can't be
    /// found out of a default keeps no call from being logged.
    async fn submission(&self, span: &Span, manifest: &ServerManifest, entry: &CallLogEntry) -> Map<String, Value> {
        let chosen = |field: &Field| chosen(entry, field);
        let own = self.own_settings_for(span, manifest).await;
        let left = |field: &&Field| chosen(field).is_none();
        let needs = |field: &Field| field.comes_with_contact() && field.presets_a_choice(&own);
        let needed = manifest.log_fields.iter().filter(left).any(needs);
        let additional = span.soon(self.additional(span, manifest, &entry.contact, needed));
        let additional = additional.await.unwrap_or_default();
        let contact_type = wire_type(&entry.contact.contact_type);
        let value = |field: &Field| match chosen(field) {
            Some(chosen) => field.submitted(chosen),
            None => {
                let shown = field.for_log(contact_type, &additional, &own)?;
                field
                    .submitted(&shown.default?)
                    .filter(|value| *value != Value::Bool(false))
            }
        };
        let fields = manifest.log_fields.iter();
        fields
            .filter_map(|field| Some((field.name.clone(), value(field)?)))
            .collect()
    }

    async fn own_settings_for(&self, span: &Span, manifest: &ServerManifest) -> Own {
        match manifest
            .log_fields
            .iter()
            .any(|field| field.preset.depends_on_settings())
        {
            true => self.own_settings(span, manifest).await,
            false => Own::default(),
        }
    }

    /// The choices that come with a contact, as it was seen last. Of one that was not seen yet in this run they are asked
    /// for anew, if they are `needed`.
    async fn additional(
        &self,
        span: &Span,
        manifest: &ServerManifest,
        contact: &ContactRef,
        needed: bool,
    ) -> Result<Map<String, Value>> {
        let row = match self.seen.row(contact) {
            Some(row) => Some(row),
            None if needed => match self.seen.way(&*self.parts.memory, contact).await {
                Some(way) => self.look_again(span, manifest, contact, way).await?,
                None => None,
            },
            None => None,
        };
        let mut additional = row.map_or_else(Map::new, |row| row.additional);
        let contact_type = wire_type(&contact.contact_type);
        self.add_account_choices(span, manifest, contact_type, &mut additional)
            .await;
        Ok(additional)
    }

    async fn make_log(
        &self,
        span: &Span,
        manifest: &ServerManifest,
        entry: &CallLogEntry,
        fields: &Map<String, Value>,
    ) -> Result<LogRef> {
        let ask = Ask::send(
            "log_call",
            Method::Post,
            "/callLog",
            logs::create(entry, fields, manifest),
        );
        let told = match self.signed(span, manifest, ask).await {
            // Somebody logged this very call before us: another machine, or we, before a crash.
            // The server does not tell on whom, so the person is told to look.
            Err(error) if error.kind == Kind::Conflict => {
                let log = self
                    .logs_of(span, &entry.marker, None)
                    .await?
                    .into_iter()
                    .next()
                    .ok_or(error)?;
                span.said(&format!(
                    "{} had a log of this call already: look there whether it is on the right contact",
                    manifest.name
                ));
                return Ok(log);
            }
            told => told.map_err(unsure)?,
        };
        let hostname = self.hostname(manifest);
        let log = logs::log_ref(&told.body["logId"], manifest, hostname.as_deref(), Some(&entry.contact));
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
        let manifest = self.manifest(span).await?;
        // Only what is chosen changes: a default would set back what a colleague changed in the CRM meanwhile.
        let set = |field: &Field| Some((field.name.clone(), field.submitted(chosen(entry, field)?)?));
        let fields = manifest.log_fields.iter().filter_map(set).collect();
        let manifest = self.to_send(span, manifest, &fields).await?;
        let ask = Ask::send("update_log", Method::Patch, "/callLog", logs::update(entry, &fields));
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
        if let Some(body) = logs::disposition(entry, &fields, &manifest) {
            self.set_fields(span, &manifest, body).await?;
        }
        Ok(LogReceipt { log })
    }

    /// The logs with this marker. `contact` is whom they are on, where that is known.
    pub(super) async fn logs_of(
        &self,
        span: &Span,
        marker: &Marker,
        contact: Option<&ContactRef>,
    ) -> Result<Vec<LogRef>> {
        let manifest = self.manifest(span).await?;
        let ask = Ask::get("find_log", "/callLog")
            .with("sessionIds", marker.as_str())
            .with("requireDetails", "false");
        let told = self.signed(span, &manifest, ask).await?;
        let hostname = self.hostname(&manifest);
        let found = logs::of_session(&told.body, marker, &manifest, hostname.as_deref(), contact);
        self.proved(span, &told.step, found.len(), found.len());
        Ok(found)
    }

    pub(super) async fn fields(&self, span: &Span, contact: &ContactRef) -> Result<Vec<LogField>> {
        let manifest = self.manifest(span).await?;
        let depends = manifest.log_fields.iter().any(Field::comes_with_contact);
        let asked = self.additional(span, &manifest, contact, depends).await;
        let contact_type = wire_type(&contact.contact_type);
        let (additional, failed) = match asked {
            Ok(additional) => (additional, None),
            // What does not depend on the contact is there all the same.
            Err(error) => (Map::new(), Some(error.message)),
        };
        let own = self.own_settings_for(span, &manifest).await;
        let field = |field: &Field| match &failed {
            Some(why) if field.comes_with_contact() => field.unasked(contact_type, why),
            _ => field.for_log(contact_type, &additional, &own),
        };
        Ok(manifest.log_fields.iter().filter_map(field).collect())
    }
}

/// What the person chose for a field.
fn chosen<'a>(entry: &'a CallLogEntry, field: &Field) -> Option<&'a str> {
    let of_field = |(name, _): &&(String, String)| *name == field.name;
    entry.fields.iter().find(of_field).map(|(_, chosen)| chosen.as_str())
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
