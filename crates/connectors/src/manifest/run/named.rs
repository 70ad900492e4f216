//! Find by name: every type, and every request of a type, at the same time.

use std::time::Duration;

use futures_util::{StreamExt, stream::FuturesUnordered};
use ringside_domain::{Contact, Result, connector::NameQuery, contact::Found};
use serde_json::{Value, json};

use super::{Ask, Run, find::collect, race::Race, side::Part, type_variables};
use crate::manifest::{
    format::{FindWithName, Request, Type},
    mapping::Mapped,
    render::Scope,
};

/// So many, where the caller names no limit.
const LIMIT: usize = 25;
const MOST: usize = 200;

impl<'a> Run<'a> {
    pub(crate) async fn find_with_name(&self, query: NameQuery) -> Result<Found> {
        let kinds = self.kinds_to_search(&query)?;
        let words: Vec<&str> = query.text.split_whitespace().collect();
        if words.is_empty() {
            return Ok(Found::default());
        }
        let limit = if query.limit == 0 { LIMIT } else { query.limit.min(MOST) };
        let scope = self.in_zone(&self.scope().await?, &self.core.clock.zone());
        let scope = scope.with("query", &query_variables(&words, limit));
        let mut running: FuturesUnordered<_> = kinds
            .iter()
            .enumerate()
            .map(|(place, (kind, find))| {
                let scope = match kind {
                    Some(kind) => scope.with("type", &type_variables(kind)),
                    None => scope.clone(),
                };
                let words = &words;
                async move { (place, self.search_type(*kind, find, scope, words).await) }
            })
            .collect();
        let mut answers: Vec<Option<Part>> = kinds.iter().map(|_| None).collect();
        while let Some((place, answer)) = running.next().await {
            answers[place] = Some(answer);
        }
        let parts = kinds
            .iter()
            .map(|(kind, _)| kind.map_or_else(|| self.name().to_owned(), |kind| kind.label.clone()));
        let mut found = collect(parts.zip(answers.into_iter().flatten()))?;
        if !query.types.is_empty() {
            found
                .contacts
                .retain(|contact| query.types.contains(&contact.id.contact_type));
        }
        found.contacts.truncate(limit);
        Ok(found)
    }

    fn kinds_to_search(&self, query: &NameQuery) -> Result<Vec<(Option<&'a Type>, &'a FindWithName)>> {
        let manifest = self.manifest();
        let wanted = |id: &String| query.types.is_empty() || query.types.contains(id);
        let all = manifest.find_contact_with_name.as_ref();
        let mut kinds: Vec<(Option<&Type>, &FindWithName)> = Vec::new();
        let mut able = false;
        // What asks for all types at once is asked if one of the wanted types has no search of its own.
        let own = |kind: &Type| {
            let own = manifest.by_type.get(&kind.id);
            own.is_some_and(|own| own.find_contact_with_name.is_some())
        };
        let wants_all = manifest.types.iter().any(|kind| wanted(&kind.id) && !own(kind));
        able |= all.is_some();
        kinds.extend(all.filter(|find| find.all_types && wants_all).map(|find| (None, find)));
        for kind in &manifest.types {
            let own = manifest
                .by_type
                .get(&kind.id)
                .and_then(|own| own.find_contact_with_name.as_ref());
            let find = own.or(all.filter(|find| !find.all_types));
            able |= find.is_some();
            kinds.extend(find.filter(|_| wanted(&kind.id)).map(|find| (Some(kind), find)));
        }
        if kinds.is_empty() && !able {
            Err(self.unsupported())
        } else {
            Ok(kinds)
        }
    }

    /// Without those that are the same for this query: one word is the first, the last and the whole.
    fn unlike<'r>(&self, requests: &'r [Request], scope: &Scope) -> Vec<&'r Request> {
        let mut seen = Vec::new();
        let is_new = |request: &&Request| {
            let rendered = self.core.loaded.request(request, scope, &self.core.place.base).ok();
            let known = rendered.is_some() && seen.contains(&rendered);
            seen.push(rendered);
            !known
        };
        requests.iter().filter(is_new).collect()
    }

    async fn search_type(&self, kind: Option<&'a Type>, find: &FindWithName, scope: Scope, words: &[&str]) -> Part {
        let requests = self.unlike(&find.requests, &scope);
        let mut running: FuturesUnordered<_> = requests
            .iter()
            .copied()
            .enumerate()
            .map(|(place, request)| {
                let scope = &scope;
                async move {
                    let ask = Ask::new(request, &find.answer, scope);
                    (place, self.records(ask).await)
                }
            })
            .collect();
        let mut answers: Vec<Option<Vec<Value>>> = requests.iter().map(|_| None).collect();
        let mut error = None;
        while let Some((place, answer)) = running.next().await {
            match answer {
                Ok(records) => answers[place] = Some(records),
                Err(failed) => error = error.or(Some(failed)),
            }
        }
        if let Some(error) = error.take_if(|_| answers.iter().all(Option::is_none)) {
            return Err(error);
        }
        // In the order of the manifest, whoever answered first.
        let mut hits: Vec<Mapped> = Vec::new();
        for records in answers.into_iter().flatten() {
            for hit in self.mapped(&records, &find.answer, kind, &scope)? {
                let known = hits.iter().any(|other| other.contact.id == hit.contact.id);
                if !known && (!find.filter || has_all(&hit.contact, words)) {
                    hits.push(hit);
                }
            }
        }
        // Who is found is found: more about them is not waited for as long as they were.
        let race = Race::new(0, self.until, false);
        race.found(Duration::ZERO);
        self.enrich(hits.iter_mut(), find.enrich.as_ref(), &scope, Some(&race))
            .await;
        Ok((hits, error))
    }
}

/// `query.*`
fn query_variables(words: &[&str], limit: usize) -> Value {
    json!({
        "text": words.join(" "),
        "words": words,
        "first": words.first(),
        "last": words.last(),
        "limit": limit,
    })
}

/// Whether every word is in name, company or an e-mail address, whatever the case.
fn has_all(contact: &Contact, words: &[&str]) -> bool {
    let texts = [Some(&contact.name), contact.company.as_ref()];
    let texts: Vec<String> = texts
        .into_iter()
        .flatten()
        .chain(&contact.emails)
        .map(|text| text.to_lowercase())
        .collect();
    let has = |word: &str| {
        let word = word.to_lowercase();
        texts.iter().any(|text| text.contains(&word))
    };
    words.iter().all(|word| has(word))
}
