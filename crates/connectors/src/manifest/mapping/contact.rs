//! One record as a contact.

use std::collections::BTreeMap;

use ringside_domain::{ConnectionId, Contact, ContactRef, Result, StoredNumber, Url};
use serde_json::Value;

use super::{Loaded, Mapped, Subject, country::region, text, texts, time::timestamp};
use crate::manifest::format::{ContactMap, NumberPaths};

/// Numbers, and e-mail addresses, of one contact.
const MOST_OF_EACH: usize = 20;
/// The label of numbers whose record has none.
const LABEL: &str = "phone";

impl Loaded {
    /// A record as a contact. Layers of maps, the narrowest first: of each field the first layer that maps it counts, whatever it
    /// finds. `None`: the record has no id, so nothing could be done with it.
    ///
    /// # Errors
    /// As [`Loaded::at`].
    pub(crate) fn contact(
        &self,
        layers: &[&ContactMap],
        record: &Value,
        contact_type: &str,
        connection: &ConnectionId,
    ) -> Result<Option<Mapped>> {
        let reader = Reader {
            loaded: self,
            layers,
            subject: Subject::of(record),
        };
        let Some(id) = reader.text(|map| &map.id)? else {
            return Ok(None);
        };
        let name = match reader.text(|map| &map.name)? {
            Some(name) => name,
            None => reader.joined_name()?,
        };
        let contact = Contact {
            id: ContactRef {
                connection: connection.clone(),
                contact_type: contact_type.to_owned(),
                id,
            },
            name,
            company: reader.text(|map| &map.company)?,
            title: reader.text(|map| &map.title)?,
            emails: once(texts(&reader.value(|map| &map.emails)?, MOST_OF_EACH)),
            numbers: reader.numbers()?,
            region: reader.text(|map| &map.country)?.as_deref().and_then(region),
            url: reader.text(|map| &map.url)?.filter(|url| is_https(url)),
            created: timestamp(&reader.value(|map| &map.created)?),
            updated: timestamp(&reader.value(|map| &map.updated)?),
            last_call: None,
        };
        Ok(Some(Mapped {
            contact,
            extra: reader.extra()?,
        }))
    }
}

struct Reader<'a> {
    loaded: &'a Loaded,
    layers: &'a [&'a ContactMap],
    subject: Subject,
}

impl Reader<'_> {
    fn value(&self, field: impl Fn(&ContactMap) -> &Option<String>) -> Result<Value> {
        let path = self.layers.iter().find_map(|map| field(map).as_ref());
        path.map_or(Ok(Value::Null), |path| self.loaded.found(path, &self.subject))
    }

    fn text(&self, field: impl Fn(&ContactMap) -> &Option<String>) -> Result<Option<String>> {
        Ok(text(&self.value(field)?))
    }

    fn joined_name(&self) -> Result<String> {
        let parts = [self.text(|map| &map.given)?, self.text(|map| &map.family)?];
        Ok(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }

    /// A layer that maps numbers, in whichever way, maps all of them.
    fn numbers(&self) -> Result<Vec<StoredNumber>> {
        let maps_numbers = |map: &&&ContactMap| !map.numbers.is_empty() || map.number_list.is_some();
        let Some(map) = self.layers.iter().find(maps_numbers) else {
            return Ok(Vec::new());
        };
        let mut numbers: Vec<StoredNumber> = Vec::new();
        for (label, path) in &map.numbers {
            for raw in texts(&self.loaded.found(path, &self.subject)?, MOST_OF_EACH) {
                add(&mut numbers, label, raw);
            }
        }
        if let Some(list) = &map.number_list {
            self.listed(list, &mut numbers)?;
        }
        Ok(numbers)
    }

    fn listed(&self, paths: &NumberPaths, numbers: &mut Vec<StoredNumber>) -> Result<()> {
        let Value::Array(items) = self.loaded.found(&paths.list, &self.subject)? else {
            return Ok(());
        };
        for item in items.iter().take(2 * MOST_OF_EACH) {
            let item = Subject::of(item);
            let label = match &paths.label {
                Some(path) => text(&self.loaded.found(path, &item)?),
                None => None,
            };
            if let Some(raw) = text(&self.loaded.found(&paths.value, &item)?) {
                add(numbers, label.as_deref().unwrap_or(LABEL), raw);
            }
        }
        Ok(())
    }

    /// Each name from the first layer that has it.
    fn extra(&self) -> Result<BTreeMap<String, Value>> {
        let mut extra = BTreeMap::new();
        for (name, path) in self.layers.iter().flat_map(|map| &map.extra) {
            if !extra.contains_key(name) {
                extra.insert(name.clone(), self.loaded.found(path, &self.subject)?);
            }
        }
        Ok(extra)
    }
}

fn add(numbers: &mut Vec<StoredNumber>, label: &str, raw: String) {
    if numbers.len() < MOST_OF_EACH && !numbers.iter().any(|number| number.raw == raw) {
        numbers.push(StoredNumber {
            label: label.to_owned(),
            raw,
        });
    }
}

fn once(texts: Vec<String>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::with_capacity(texts.len());
    for text in texts {
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen
}

/// Links of answers are opened in a browser: nothing but web pages over TLS.
fn is_https(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.scheme() == "https" && url.host_str().is_some() && url.username().is_empty())
}
