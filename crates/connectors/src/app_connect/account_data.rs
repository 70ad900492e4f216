//! Choices that are the same for a whole company, which newer connectors no longer tell with each contact.
//!
//! A field names them: `"accountDataKey": "bullhornData"`, with `"accountDataProperty": "commentActionList"` where the key holds
//! several lists, or with `"accountDataPropertyByContactType": {"Lead": "leadStatuses"}` where each type has its own; older manifests
//! have `"accountDataKeyByContactType"` instead. `GET /accountData?keys=bullhornData,…` answers `{"data": {"bullhornData": {"leadStatuses":
//! [{"const": …, "title": …}]}}}`. A server that doesn't know the question tells them with contacts, as before.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    AppConnect, CHOICES,
    contacts::NO_TYPE,
    manifest::ServerManifest,
    settings::Own,
    value::{members, text},
    wire::{Ask, Span},
};

/// Where a field's choices lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountChoices {
    /// For every contact type; key and property.
    all: Option<(String, Option<String>)>,
    /// For one contact type; type, key and property.
    by_type: Vec<(String, String, Option<String>)>,
}

impl AccountChoices {
    pub(super) fn read(item: &Value) -> Option<Self> {
        let key = text(item, "accountDataKey");
        let pairs = |member: &str| -> Vec<(String, String)> {
            let members = members(item, member).into_iter().flatten();
            members
                .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect()
        };
        let properties = pairs("accountDataPropertyByContactType");
        let all = key.filter(|_| properties.is_empty());
        let newer = properties
            .into_iter()
            .filter_map(|(kind, property)| Some((kind, key?.to_owned(), Some(property))));
        let older = pairs("accountDataKeyByContactType").into_iter();
        let choices = Self {
            by_type: newer.chain(older.map(|(kind, key)| (kind, key, None))).collect(),
            all: all.map(|key| (key.to_owned(), text(item, "accountDataProperty").map(str::to_owned))),
        };
        (choices.all.is_some() || !choices.by_type.is_empty()).then_some(choices)
    }

    fn keys(&self) -> impl Iterator<Item = &str> {
        let by_type = self.by_type.iter().map(|(_, key, _)| key.as_str());
        self.all.iter().map(|(key, _)| key.as_str()).chain(by_type)
    }

    /// The choices for contacts of one type.
    fn of<'a>(&self, contact_type: &str, data: &'a Map<String, Value>) -> Option<&'a Value> {
        let own = self
            .by_type
            .iter()
            .find(|(kind, ..)| kind.eq_ignore_ascii_case(contact_type));
        let own = own.map(|(_, key, property)| (key, property));
        let (key, property) = own.or(self.all.as_ref().map(|(key, property)| (key, property)))?;
        let held = data.get(key)?;
        let choices = property.as_ref().map_or(Some(held), |property| held.get(property));
        choices.filter(|choices| choices.is_array())
    }
}

impl AppConnect {
    /// Puts the company's choices among those of a contact.
    pub(super) async fn add_account_choices(
        &self,
        span: &Span,
        manifest: &ServerManifest,
        contact_type: &str,
        additional: &mut Map<String, Value>,
    ) {
        let data = self.account_data(span, manifest).await;
        for field in &manifest.log_fields {
            if let Some(choices) = field.account.as_ref().and_then(|from| from.of(contact_type, &data)) {
                additional.insert(field.name.clone(), choices.clone());
            }
        }
    }

    /// Learns what the fields of new contacts can be.
    pub(super) async fn learn_account_choices(&self, span: &Span, manifest: &ServerManifest) {
        let data = self.account_data(span, manifest).await;
        if data.is_empty() {
            return;
        }
        let types = manifest.types.iter().map(|kind| kind.value.as_str());
        let types: Vec<&str> = types.chain(manifest.types.is_empty().then_some(NO_TYPE)).collect();
        let mut known = self.known_choices();
        for field in &manifest.contact_fields {
            for kind in &types {
                if let Some(choices) = field.account.as_ref().and_then(|from| from.of(kind, &data)) {
                    let of_type = known.entry(*kind).or_insert(Value::Null);
                    of_type[&field.name] = choices.clone();
                }
            }
        }
        let text = Value::Object(known.clone()).to_string();
        self.know_choices(known);
        self.remember(CHOICES, text).await;
    }

    /// What the server keeps for the company under the keys of all fields; nothing where it doesn't.
    async fn account_data(&self, span: &Span, manifest: &ServerManifest) -> Own {
        let fields = manifest.log_fields.iter().chain(&manifest.contact_fields);
        let keys: BTreeSet<&str> = fields
            .filter_map(|field| field.account.as_ref())
            .flat_map(AccountChoices::keys)
            .collect();
        if keys.is_empty() {
            return Own::default();
        }
        if let Some(known) = self.told_account.fresh() {
            return known;
        }
        let keys: Vec<&str> = keys.into_iter().collect();
        let ask = Ask::get("log_fields", "/accountData").with("keys", keys.join(","));
        let Some(mut told) = span.soon(self.signed(span, manifest, ask)).await else {
            return Own::default();
        };
        self.tell(span, &told.step, 0);
        match told.body["data"].take() {
            Value::Object(data) => self.told_account.keep(data),
            _ => Own::default(),
        }
    }
}
