//! What the dialog asks about a call, with the choices that the CRM has. Lists that are the same for everybody are asked for
//! once a day; one that can't be asked for is used as it was.

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::{join_all, try_join_all};
use ringside_domain::{
    CallLogEntry, ContactRef, Error, Kind, LogField, Result, Retry, Timestamp, contact::FieldOption,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Ask, Run, enrich::ENRICHED, type_variables};
use crate::manifest::{
    connector::option,
    format::{EnrichChoice, LogFieldSpec, Request, Type},
    render::Scope,
};

/// How long a list of choices holds.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Choices of one field.
const MOST: usize = 1_000;

/// A list as it is kept in the connection's memory.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Milliseconds since 1970.
    at: i64,
    /// Values and labels.
    options: Vec<(String, String)>,
}

impl Run<'_> {
    /// Each field by itself: one that can't be asked for says so, and hides no other.
    pub(crate) async fn log_fields(&self, contact: ContactRef) -> Result<Vec<LogField>> {
        let kind = self.contact_type(&contact.contact_type)?;
        let scope = self.in_zone(&self.scope().await?, &self.core.clock.zone());
        let scope = scope
            .with("type", &type_variables(kind))
            .with("contact", &json!({ "id": contact.id, "type": contact.contact_type }));
        let asked = self
            .fields_of(&kind.id)
            .map(|field| self.log_field(field, kind, &scope));
        let (mut fields, mut failures) = (Vec::new(), Vec::new());
        for (field, failure) in join_all(asked).await {
            fields.push(field);
            failures.extend(failure);
        }
        // Nothing is known of any: the person hears why, and may ask again.
        if !failures.is_empty() && fields.iter().all(|field| field.options.is_empty()) {
            return Err(failures.swap_remove(0));
        }
        Ok(fields)
    }

    /// What counts for each field: what the person chose, else the default that the dialog shows.
    pub(super) async fn chosen(
        &self,
        entry: &CallLogEntry,
        kind: &Type,
        scope: &Scope,
    ) -> Result<BTreeMap<String, String>> {
        let manifest = self.manifest();
        let mut chosen: BTreeMap<String, String> = manifest
            .log_fields
            .iter()
            .map(|field| (field.name.clone(), String::new()))
            .chain(entry.fields.iter().cloned())
            .collect();
        for field in self.fields_of(&kind.id) {
            if let Some(template) = &field.default
                && let Some(value) = chosen.get_mut(&field.name).filter(|value| value.is_empty())
            {
                let default = self.core.loaded.text(template, scope)?;
                let known = self.known_options(field, &kind.id).await;
                if known.is_none_or(|known| known.iter().any(|option| option.value == default)) {
                    *value = default;
                }
            }
        }
        Ok(chosen)
    }

    /// A field that this CRM wants to know, and for which there are choices, but nobody chose: neither a rule nor the command
    /// line shows the dialog's form.
    pub(super) async fn is_complete(
        &self,
        chosen: &BTreeMap<String, String>,
        kind: &Type,
        scope: &Scope,
    ) -> Result<()> {
        for field in self.fields_of(&kind.id).filter(|field| field.required) {
            if chosen.get(&field.name).is_some_and(|value| !value.is_empty()) {
                continue;
            }
            let (options, failure) = self.options(field, kind, scope, false).await;
            if failure.is_none() && !options.is_empty() {
                let message = format!("{} wants to know “{}” of a call", self.name(), field.label);
                return Err(self
                    .error(Kind::Invalid, message)
                    .retry(Retry::AfterPerson)
                    .field(&field.name)
                    .hint("Choose it beside the note, then log the call"));
            }
        }
        Ok(())
    }

    fn fields_of(&self, kind: &str) -> impl Iterator<Item = &LogFieldSpec> {
        let fields = self.manifest().log_fields.iter();
        fields.filter(move |field| field.types.is_empty() || field.types.iter().any(|only| only == kind))
    }

    async fn log_field(&self, field: &LogFieldSpec, kind: &Type, scope: &Scope) -> (LogField, Option<Error>) {
        let (options, failure) = self.options(field, kind, scope, self.live).await;
        let default = field.default.as_ref();
        let default = default.and_then(|template| self.core.loaded.text(template, scope).ok());
        let field = LogField {
            name: field.name.clone(),
            label: field.label.clone(),
            required: field.required,
            typed: false,
            default: default.filter(|value| options.iter().any(|option| option.value == *value)),
            failed: failure.as_ref().map(|error| error.message.to_string()),
            options,
        };
        (field, failure)
    }

    /// A field's choices; where they could not be asked for, those that are fixed, and why.
    async fn options(
        &self,
        field: &LogFieldSpec,
        kind: &Type,
        scope: &Scope,
        live: bool,
    ) -> (Vec<FieldOption>, Option<Error>) {
        let asked = match &field.request {
            None => return (fixed(field), None),
            Some(request) if field.per_contact => self.choices(field, request, scope).await,
            Some(request) => {
                // However the file is written, one contact's own choices are not kept for all.
                let scope = scope.with("contact", &json!({ "type": kind.id }));
                self.choices_of_the_day(field, &kind.id, request, &scope, live).await
            }
        };
        match asked {
            Ok(options) => (options, None),
            Err(error) => (fixed(field), Some(error)),
        }
    }

    /// The choices as far as they are known without asking.
    async fn known_options(&self, field: &LogFieldSpec, kind: &str) -> Option<Vec<FieldOption>> {
        if field.request.is_none() {
            return Some(fixed(field));
        }
        self.kept(field, kind).await.map(Kept::options)
    }

    async fn choices(&self, field: &LogFieldSpec, request: &Request, scope: &Scope) -> Result<Vec<FieldOption>> {
        let loaded = &self.core.loaded;
        let mut options = fixed(field);
        let mut records = self.all_pages(Ask::new(request, &field.answer, scope)).await?;
        if let Some(enrich) = &field.enrich {
            records.truncate(enrich.max.unwrap_or(ENRICHED));
            let asked = records.iter().map(|record| self.enriched(record, enrich, scope));
            let (told, refused): (Vec<_>, Vec<_>) = try_join_all(asked).await?.into_iter().partition(Result::is_ok);
            records = told.into_iter().flatten().flatten().collect();
            // Whoever may see none of them lacks a right that the person should hear of; a single one is somebody else's.
            if records.is_empty()
                && let Some(Err(error)) = refused.into_iter().next()
            {
                return Err(error);
            }
        }
        for record in records {
            let value = match &field.value {
                Some(path) => loaded.text_at(path, &record)?,
                None => record.as_str().map(str::to_owned),
            };
            let label = match &field.option_label {
                Some(path) => loaded.text_at(path, &record)?,
                None => value.clone(),
            };
            if let Some(value) = value
                && options.len() < MOST
                && !options.iter().any(|option| option.value == value)
            {
                let label = label.unwrap_or_else(|| value.clone());
                options.push(FieldOption { value, label });
            }
        }
        Ok(options)
    }

    /// What the CRM says about one record of the list: nothing about one that is gone, and its refusal of one that this person
    /// may not see.
    async fn enriched(&self, record: &Value, enrich: &EnrichChoice, scope: &Scope) -> Result<Result<Option<Value>>> {
        let scope = scope.with("record", record);
        let ask = Ask::new(&enrich.request, &enrich.answer, &scope);
        match self.records(ask).await {
            Ok(records) => Ok(Ok(records.into_iter().next())),
            Err(error) if error.kind == Kind::NotFound => Ok(Ok(None)),
            Err(error) if error.kind == Kind::Forbidden => Ok(Err(error)),
            Err(error) => Err(error),
        }
    }

    async fn choices_of_the_day(
        &self,
        field: &LogFieldSpec,
        kind: &str,
        request: &Request,
        scope: &Scope,
        live: bool,
    ) -> Result<Vec<FieldOption>> {
        let now = self.core.clock.now().wall;
        let kept = self.kept(field, kind).await;
        let is_fresh = |kept: &Kept| !live && Timestamp(kept.at) <= now && now.since(Timestamp(kept.at)) < A_DAY;
        if kept.as_ref().is_some_and(is_fresh) {
            return Ok(kept.map(Kept::options).unwrap_or_default());
        }
        let options = match (self.choices(field, request, scope).await, kept) {
            (Ok(options), _) => options,
            // Yesterday's list is better than none.
            (Err(_), Some(kept)) => return Ok(kept.options()),
            (Err(error), None) => return Err(error),
        };
        let pairs = options
            .iter()
            .map(|option| (option.value.clone(), option.label.clone()));
        let kept = Kept {
            at: now.0,
            options: pairs.collect(),
        };
        let (memory, connection) = (&self.core.memory, &self.core.connection);
        let text = serde_json::to_string(&kept).unwrap_or_default();
        if let Err(error) = memory.keep(connection, &key(field, kind), text).await {
            tracing::debug!(kind = error.kind.code(), "a list of choices was not kept");
        }
        Ok(options)
    }

    async fn kept(&self, field: &LogFieldSpec, kind: &str) -> Option<Kept> {
        let (memory, connection) = (&self.core.memory, &self.core.connection);
        let text = memory.recall(connection, &key(field, kind)).await.ok().flatten()?;
        serde_json::from_str(&text).ok()
    }
}

impl Kept {
    fn options(self) -> Vec<FieldOption> {
        let pairs = self.options.into_iter();
        pairs.map(|(value, label)| FieldOption { value, label }).collect()
    }
}

fn fixed(field: &LogFieldSpec) -> Vec<FieldOption> {
    field.options.iter().map(option).collect()
}

/// The request may name the contact's type.
fn key(field: &LogFieldSpec, kind: &str) -> String {
    format!("choices/{kind}/{}", field.name)
}
