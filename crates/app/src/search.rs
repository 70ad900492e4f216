//! What a person types into the search, and what it means: `t:lead co:acme anna` is a name and two filters.
//!
//! The words for the filters are taken in English and German, at every keystroke, so a half-typed type is as good as a
//! whole one. What looks like a filter and is none stays part of the name.

use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

use ringside_domain::{Contact, ContactType, connector::NameQuery};
use ringside_ipc::{
    ApiError,
    contact::{InsteadDto, LiveSearchDto, SearchDto, SearchFilterDto, SearchResultDto},
};

use tokio::sync::Notify;

use crate::{
    api_input::{page, typed},
    app::{App, lock},
};

/// So many search while they type at the same time; of more, those who began first are not remembered.
const TYPING: usize = 16;

/// The live searches of those who search while they type: each keystroke's costs a CRM requests that a call may need, so only
/// the newest one of each goes on.
#[derive(Default)]
pub(crate) struct Typing(Mutex<Vec<(String, Arc<Notify>)>>);

impl Typing {
    /// The answer; `None` if the same one searched for something else meanwhile. What was still asked then is cancelled.
    async fn newest<T>(&self, by: Option<String>, asking: impl Future<Output = T>) -> Option<T> {
        let Some(by) = by else { return Some(asking.await) };
        let newer = Arc::new(Notify::new());
        {
            let mut typing = lock(&self.0);
            if let Some(at) = typing.iter().position(|(other, _)| *other == by) {
                // Kept until it is looked at, if nobody listens yet.
                typing.remove(at).1.notify_one();
            }
            let beyond = (typing.len() + 1).saturating_sub(TYPING);
            typing.drain(..beyond);
            typing.push((by, Arc::clone(&newer)));
        }
        let answer = tokio::select! {
            biased;
            () = newer.notified() => None,
            answer = asking => Some(answer),
        };
        lock(&self.0).retain(|(_, other)| !Arc::ptr_eq(other, &newer));
        answer
    }
}

const TYPE: [&str; 3] = ["t", "type", "typ"];
const COMPANY: [&str; 3] = ["co", "company", "firma"];

impl App {
    pub(crate) async fn search_index(&self, search: SearchDto) -> Result<SearchResultDto, ApiError> {
        let began = Instant::now();
        let query = self.query(search)?;
        let filter = SearchFilterDto {
            text: query.text.trim_end().to_owned(),
            types: query.types.clone(),
            company: query.company.clone(),
        };
        let rows = self.inner.engine.search(query.clone()).await?;
        let instead = self.inner.engine.instead(query).await?;
        let took_us = i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX);
        Ok(SearchResultDto {
            rows: self.words(|words| rows.iter().map(|row| words.contact(&row.contact)).collect()),
            filter,
            instead: instead
                .into_iter()
                .map(|one| InsteadDto {
                    text: one.text,
                    count: one.count,
                })
                .collect(),
            took_us,
        })
    }

    pub(crate) async fn search_connections(&self, search: SearchDto) -> Result<Vec<LiveSearchDto>, ApiError> {
        let typing = search.typing.clone();
        let mut query = self.query(search)?;
        query.text.truncate(query.text.trim_end().len());
        // A CRM is asked for a name; without one it could only be asked for everybody.
        if query.text.is_empty() {
            self.inner.typing.newest(typing, async {}).await;
            return Ok(Vec::new());
        }
        let asking = self.inner.engine.search_live(query.clone());
        let Some(mut answers) = self.inner.typing.newest(typing, asking).await else {
            return Ok(Vec::new());
        };
        for answer in &mut answers {
            let types = &answer.info.types;
            answer.contacts.retain(|contact| is_of(contact, &query, types));
            answer.contacts.truncate(query.limit);
        }
        Ok(self.words(|words| answers.iter().map(|answer| words.live_answer(answer)).collect()))
    }

    fn query(&self, search: SearchDto) -> Result<NameQuery, ApiError> {
        let connections = self.inner.engine.connections();
        let types: Vec<ContactType> = connections.iter().flat_map(|one| one.connector.info().types).collect();
        let asked = typed("text", &search.text)?;
        let mut query = meant(asked, &types);
        query.types.extend(search.types);
        if let Some(company) = &search.company {
            typed("company", company)?;
            query.company = Some(match query.company {
                Some(also) => format!("{also} {company}"),
                None => company.clone(),
            });
        }
        query.limit = page(search.limit);
        Ok(query)
    }
}

/// The filters in a text, and what is left of it.
fn meant(text: &str, types: &[ContactType]) -> NameQuery {
    let mut query = NameQuery::default();
    let mut left = Vec::new();
    let mut companies = Vec::new();
    for (word, value) in words(text) {
        let Some((kind, value)) = value else {
            left.push(word);
            continue;
        };
        match kind {
            // Just begun: nothing is filtered yet.
            _ if value.is_empty() => {}
            Filter::Company => companies.push(value),
            Filter::Type => query.types.extend(types_called(value, types)),
        }
    }
    query.types.sort();
    query.types.dedup();
    query.company = (!companies.is_empty()).then(|| companies.join(" "));
    query.text = left.join(" ");
    // The blank at its end says that the last word is whole.
    if text.ends_with(char::is_whitespace) && !query.text.is_empty() {
        query.text.push(' ');
    }
    query
}

#[derive(Clone, Copy)]
enum Filter {
    Type,
    Company,
}

/// The words of a text, and of those that are filters what they ask for. In `co:"blue heron"` the blank is part of it.
fn words(text: &str) -> Vec<(&str, Option<(Filter, &str)>)> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let filter = rest[..end].split_once(':').and_then(|(name, _)| {
            let is = |names: &[&str]| names.iter().any(|one| name.eq_ignore_ascii_case(one));
            let kind = if is(&TYPE) {
                Filter::Type
            } else if is(&COMPANY) {
                Filter::Company
            } else {
                return None;
            };
            Some((kind, name.len() + 1))
        });
        let (word, value, length) = match filter {
            None => (&rest[..end], None, end),
            Some((kind, from)) => match rest[from..].strip_prefix('"') {
                Some(quoted) => {
                    let close = quoted.find('"');
                    let value = &quoted[..close.unwrap_or(quoted.len())];
                    let length = from + 1 + value.len() + usize::from(close.is_some());
                    (&rest[..length], Some((kind, value.trim())), length)
                }
                None => (&rest[..end], Some((kind, &rest[from..end])), end),
            },
        };
        found.push((word, value));
        rest = rest[length..].trim_start();
    }
    found
}

/// The ids of the types that are called so or begin so. A type that nobody has is kept: it finds nobody, and the filter
/// that is shown says why.
fn types_called(value: &str, types: &[ContactType]) -> Vec<String> {
    let value = value.to_lowercase();
    let which = |fits: &dyn Fn(&str) -> bool| -> Vec<String> {
        let called = |one: &&ContactType| fits(&one.id.to_lowercase()) || fits(&one.label.to_lowercase());
        types.iter().filter(called).map(|one| one.id.clone()).collect()
    };
    let whole = which(&|name| name == value);
    if !whole.is_empty() {
        return whole;
    }
    let begun = which(&|name| name.starts_with(&value));
    if begun.is_empty() { vec![value] } else { begun }
}

/// Whether what a CRM answered is what was filtered for; not every CRM can be asked for it. Of a type that its connection
/// doesn't have nobody can say which one it is.
fn is_of(contact: &Contact, query: &NameQuery, types: &[ContactType]) -> bool {
    let company = contact.company.as_deref().unwrap_or_default().to_lowercase();
    let has = |asked: &str| {
        asked
            .to_lowercase()
            .split_whitespace()
            .all(|word| company.contains(word))
    };
    let is_its = |id: &String| id.eq_ignore_ascii_case(&contact.id.contact_type);
    query.company.as_deref().is_none_or(has)
        && (query.types.is_empty() || query.types.iter().any(is_its) || !types.iter().any(|one| is_its(&one.id)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ringside_domain::{ConnectionId, ContactRef};

    use super::*;

    fn types() -> Vec<ContactType> {
        [
            ("lead", "Lead"),
            ("person", "Contact"),
            ("lender", "Lender"),
            ("hot-lead", "Hot lead"),
        ]
        .map(|(id, label)| ContactType {
            id: id.to_owned(),
            label: label.to_owned(),
            is_company: false,
            creatable: true,
            fields: Vec::new(),
        })
        .to_vec()
    }

    #[tokio::test]
    async fn the_newest_search_of_each_ends_the_one_before() {
        let typing = Typing::default();
        // Whoever hangs holds this until it is dropped.
        let held = Arc::new(());
        let hangs = || {
            let held = Arc::clone(&held);
            async move {
                std::future::pending::<()>().await;
                drop(held);
            }
        };
        let by = |name: &str| Some(name.to_owned());
        let first = typing.newest(by("card"), hangs());
        let others = async {
            assert_eq!(typing.newest(by("window"), async { 1 }).await, Some(1));
            assert_eq!(typing.newest(None, async { 2 }).await, Some(2));
            assert_eq!(Arc::strong_count(&held), 2, "nobody else ends it");
            assert_eq!(typing.newest(by("card"), async { 3 }).await, Some(3));
        };
        let (first, ()) = tokio::join!(first, others);
        assert_eq!((first, Arc::strong_count(&held)), (None, 1), "it asks nothing more");
        assert!(lock(&typing.0).is_empty());
    }

    #[test]
    fn filters_are_told_from_names() {
        for (typed, text, wanted, company) in [
            ("anna meier", "anna meier", &[][..], None),
            ("t:lead anna", "anna", &["lead"], None),
            ("anna T:Contact", "anna", &["person"], None),
            ("typ:le anna ", "anna ", &["lead", "lender"], None),
            ("type:lead t:person", "", &["lead", "person"], None),
            ("co:acme anna", "anna", &[], Some("acme")),
            (
                "firma:\"blue heron\" anna t:hot-lead",
                "anna",
                &["hot-lead"],
                Some("blue heron"),
            ),
            ("co:\"blue her", "", &[], Some("blue her")),
            ("company:a co:b", "", &[], Some("a b")),
            ("t: anna co:", "anna", &[], None),
            ("t:martian", "", &["martian"], None),
            ("sip:anna@pbx.example", "sip:anna@pbx.example", &[], None),
            ("re: anna", "re: anna", &[], None),
            ("  ", "", &[], None),
            ("t:ä\u{200b}\"", "", &["ä\u{200b}\""], None),
        ] {
            let found = meant(typed, &types());
            assert_eq!(found.text, text, "{typed}");
            assert_eq!(found.types, wanted, "{typed}");
            assert_eq!(found.company.as_deref(), company, "{typed}");
        }
    }

    #[test]
    fn a_type_is_the_same_in_any_case_and_one_that_nobody_lists_may_be_any() {
        let contact = |contact_type: &str| Contact {
            id: ContactRef {
                connection: ConnectionId::new("a"),
                contact_type: contact_type.to_owned(),
                id: "7".to_owned(),
            },
            name: "Anna Meier".to_owned(),
            company: None,
            title: None,
            emails: Vec::new(),
            numbers: Vec::new(),
            region: None,
            url: None,
            created: None,
            updated: None,
            last_call: None,
        };
        let query = meant("t:lead anna", &types());
        for (contact_type, passes) in [("lead", true), ("Lead", true), ("Person", false), ("relation", true)] {
            let is_its = is_of(&contact(contact_type), &query, &types());
            assert_eq!(is_its, passes, "{contact_type}");
        }
    }
}
