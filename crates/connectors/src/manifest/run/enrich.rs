//! A second question about each of the first hits, for what the search does not give.

use futures_util::{StreamExt, stream::FuturesUnordered};
use ringside_domain::{Error, Kind, Result, contact::StoredNumber};
use serde_json::Value;

use super::{
    Ask, Run,
    race::Race,
    records::{MATCHED, is_matched, variables},
    type_variables,
};
use crate::manifest::{
    format::{ContactMap, Enrich},
    mapping::Mapped,
    render::Scope,
};

/// So many hits are asked about, unless the manifest says otherwise.
pub(super) const ENRICHED: usize = 5;
/// So many numbers or addresses are taken from one answer.
const MOST: usize = 20;

impl Run<'_> {
    /// Asks about the first hits, all at once; those whose number is only trusted to be theirs go first. What fails is in the
    /// trace, and the hit stays as it is, but where the numbers were to be read, a trusted one goes: nothing proves that it
    /// is theirs. The error says how many that were. In a race, what takes too long is
    /// not waited for.
    pub(super) async fn enrich(
        &self,
        hits: impl Iterator<Item = &mut Mapped>,
        enrich: Option<&Enrich>,
        scope: &Scope,
        race: Option<&Race>,
    ) -> Option<Error> {
        let enrich = enrich?;
        let mut hits: Vec<&mut Mapped> = hits.collect();
        // Stable: the CRM's own order otherwise.
        hits.sort_by_key(|hit| !is_matched(&hit.contact));
        let most = enrich.max.unwrap_or(ENRICHED);
        let mut compared = vec![false; hits.len()];
        let mut why = None;
        let mut asked: FuturesUnordered<_> = hits
            .iter_mut()
            .enumerate()
            .take(most)
            .map(|(place, hit)| async move { (place, self.enrich_one(hit, enrich, scope, race).await) })
            .collect();
        while let Some((place, answer)) = asked.next().await {
            match answer {
                Ok(()) => compared[place] = true,
                Err(error) => {
                    tracing::debug!(kind = error.kind.code(), "more about a contact could not be asked");
                    why = why.or(Some(error));
                }
            }
        }
        drop(asked);
        if !reads_numbers(&enrich.contact) {
            return None;
        }
        let mut doubtful = 0;
        for (hit, _) in hits.iter_mut().zip(compared).filter(|(_, compared)| !compared) {
            doubtful += usize::from(is_matched(&hit.contact));
            hit.contact.numbers.retain(|number| number.label != MATCHED);
        }
        (doubtful > 0).then(|| self.not_compared(doubtful, why))
    }

    fn not_compared(&self, count: usize, why: Option<Error>) -> Error {
        let records = if count == 1 { "record" } else { "records" };
        let message = format!("{count} {records} could not be compared with the number");
        match why {
            Some(why) => Error {
                message: format!("{message}: {}", why.message).into(),
                ..why
            },
            None => self
                .error(Kind::Unsupported, format!("{message}: more were found than are read"))
                .hint("Search for the caller by name"),
        }
    }

    async fn enrich_one(&self, hit: &mut Mapped, enrich: &Enrich, scope: &Scope, race: Option<&Race>) -> Result<()> {
        let mut scope = scope.with("contact", &variables(hit));
        if let Ok(kind) = self.contact_type(&hit.contact.id.contact_type) {
            scope = scope.with("type", &type_variables(kind));
        }
        if let Some(when) = &enrich.when
            && !self.core.loaded.is_true(when, &scope)?
        {
            return Ok(());
        }
        let ask = Ask {
            race,
            ..Ask::new(&enrich.request, &enrich.answer, &scope)
        };
        let records = self.records(ask).await?;
        match records.first() {
            Some(record) => self.add(hit, &enrich.contact, record),
            None => Err(self.error(Kind::NotFound, format!("{} has one of them no more", self.name()))),
        }
    }

    /// Adds what the map finds in the record, and leaves what it does not.
    fn add(&self, hit: &mut Mapped, map: &ContactMap, record: &Value) -> Result<()> {
        let text = |path: &Option<String>| match path {
            Some(path) => self.core.loaded.text_at(path, record),
            None => Ok(None),
        };
        let parts: Vec<String> = [text(&map.given)?, text(&map.family)?].into_iter().flatten().collect();
        let joined = (!parts.is_empty()).then(|| parts.join(" "));
        if let Some(name) = text(&map.name)?.or(joined) {
            hit.contact.name = name;
        }
        hit.contact.company = text(&map.company)?.or(hit.contact.company.take());
        hit.contact.title = text(&map.title)?.or(hit.contact.title.take());
        if let Some(path) = &map.emails {
            for email in self.texts(path, record)? {
                if !hit.contact.emails.contains(&email) {
                    hit.contact.emails.push(email);
                }
            }
        }
        let mut read = Vec::new();
        for (label, path) in &map.numbers {
            read.extend(self.texts(path, record)?.into_iter().map(|raw| (label.clone(), raw)));
        }
        if let Some(list) = &map.number_list
            && let Value::Array(items) = self.core.loaded.at(&list.list, record)?
        {
            for item in items.iter().take(MOST) {
                let label = text_of(self, list.label.as_ref(), item)?.unwrap_or_else(|| "number".to_owned());
                read.extend(self.core.loaded.text_at(&list.value, item)?.map(|raw| (label, raw)));
            }
        }
        if reads_numbers(map) {
            // Its own numbers, or that it has none, say more than that it was found.
            hit.contact.numbers.retain(|number| number.label != MATCHED);
        }
        for (label, raw) in read {
            add_number(hit, label, raw);
        }
        for (name, path) in &map.extra {
            let value = self.core.loaded.at(path, record)?;
            if !value.is_null() {
                hit.extra.insert(name.clone(), value);
            }
        }
        Ok(())
    }

    /// One text or a list of them.
    fn texts(&self, path: &str, record: &Value) -> Result<Vec<String>> {
        Ok(match self.core.loaded.at(path, record)? {
            Value::Array(items) => {
                let texts = items.iter().filter_map(Value::as_str).filter(|text| !text.is_empty());
                texts.take(MOST).map(str::to_owned).collect()
            }
            _ => self.core.loaded.text_at(path, record)?.into_iter().collect(),
        })
    }
}

pub(super) fn reads_numbers(map: &ContactMap) -> bool {
    !map.numbers.is_empty() || map.number_list.is_some()
}

fn text_of(run: &Run<'_>, path: Option<&String>, item: &Value) -> Result<Option<String>> {
    path.map_or(Ok(None), |path| run.core.loaded.text_at(path, item))
}

fn add_number(hit: &mut Mapped, label: String, raw: String) {
    let numbers = &mut hit.contact.numbers;
    if numbers.len() < MOST && !numbers.iter().any(|stored| stored.raw == raw) {
        numbers.push(StoredNumber { label, raw });
    }
}
