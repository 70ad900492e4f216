//! What the dialog asks about a call, with the choices that the CRM has. Lists that are the same for everybody are asked for
//! once a day.

use std::time::Duration;

use futures_util::future::try_join_all;
use ringside_domain::{ContactRef, LogField, Result, Timestamp, contact::FieldOption};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Ask, Run, type_variables};
use crate::manifest::{
    connector::option,
    format::{LogFieldSpec, Request},
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
    pub(crate) async fn log_fields(&self, contact: ContactRef) -> Result<Vec<LogField>> {
        let kind = self.contact_type(&contact.contact_type)?;
        let scope = self.in_zone(&self.scope().await?, &self.core.clock.zone());
        let scope = scope
            .with("type", &type_variables(kind))
            .with("contact", &json!({ "id": contact.id, "type": contact.contact_type }));
        let asked = self.manifest().log_fields.iter();
        let asked = asked.filter(|field| field.types.is_empty() || field.types.contains(&contact.contact_type));
        try_join_all(asked.map(|field| self.log_field(field, &kind.id, &scope))).await
    }

    async fn log_field(&self, field: &LogFieldSpec, kind: &str, scope: &Scope) -> Result<LogField> {
        let options = match &field.request {
            None => field.options.iter().map(option).collect(),
            Some(request) if field.per_contact => self.choices(field, request, scope).await?,
            Some(request) => self.choices_of_the_day(field, kind, request, scope).await?,
        };
        let default = match &field.default {
            Some(template) => Some(self.core.loaded.text(template, scope)?),
            None => None,
        };
        Ok(LogField {
            name: field.name.clone(),
            label: field.label.clone(),
            required: field.required,
            default: default.filter(|value| options.iter().any(|option| option.value == *value)),
            options,
        })
    }

    async fn choices(&self, field: &LogFieldSpec, request: &Request, scope: &Scope) -> Result<Vec<FieldOption>> {
        let loaded = &self.core.loaded;
        let mut options: Vec<FieldOption> = field.options.iter().map(option).collect();
        for record in self.all_pages(Ask::new(request, &field.answer, scope)).await? {
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

    async fn choices_of_the_day(
        &self,
        field: &LogFieldSpec,
        kind: &str,
        request: &Request,
        scope: &Scope,
    ) -> Result<Vec<FieldOption>> {
        let (memory, connection) = (&self.core.memory, &self.core.connection);
        // The request may name the contact's type.
        let key = format!("choices/{kind}/{}", field.name);
        let now = self.core.clock.now().wall;
        let kept = memory.recall(connection, &key).await.ok().flatten();
        let kept = kept.and_then(|text| serde_json::from_str::<Kept>(&text).ok());
        let fresh =
            kept.filter(|kept| !self.live && Timestamp(kept.at) <= now && now.since(Timestamp(kept.at)) < A_DAY);
        if let Some(kept) = fresh {
            let options = kept
                .options
                .into_iter()
                .map(|(value, label)| FieldOption { value, label });
            return Ok(options.collect());
        }
        let options = self.choices(field, request, scope).await?;
        let pairs = options
            .iter()
            .map(|option| (option.value.clone(), option.label.clone()));
        let kept = Kept {
            at: now.0,
            options: pairs.collect(),
        };
        let text = serde_json::to_string(&kept).unwrap_or_default();
        if let Err(error) = memory.keep(connection, &key, text).await {
            tracing::debug!(kind = error.kind.code(), "a list of choices was not kept");
        }
        Ok(options)
    }
}
