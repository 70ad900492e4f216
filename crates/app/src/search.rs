//! What a person types into the search, and what it means: `t:lead co:acme anna` is a name and two filters.
//!
//! The words for the filters are taken in English and German, at every keystroke, so a half-typed type is as good as a
//! whole one. What looks like a filter and is none stays part of the name.

use std::time::Instant;

use ringside_domain::{Contact, ContactType, connector::NameQuery};
use ringside_ipc::{
    ApiError,
    contact::{InsteadDto, LiveSearchDto, SearchDto, SearchFilterDto, SearchResultDto},
};

use crate::{
    api_input::{page, typed},
    app::App,
};

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
        let mut query = self.query(search)?;
        query.text.truncate(query.text.trim_end().len());
        // A CRM is asked for a name; without one it could only be asked for everybody.
        if query.text.is_empty() {
            return Ok(Vec::new());
        }
        let mut answers = self.inner.engine.search_live(query.clone()).await;
        for answer in &mut answers {
            answer.contacts.retain(|contact| is_of(contact, &query));
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

/// Whether what a CRM answered is what was filtered for; not every CRM can be asked for it.
fn is_of(contact: &Contact, query: &NameQuery) -> bool {
    let company = contact.company.as_deref().unwrap_or_default().to_lowercase();
    let has = |asked: &str| {
        asked
            .to_lowercase()
            .split_whitespace()
            .all(|word| company.contains(word))
    };
    query.company.as_deref().is_none_or(has)
        && (query.types.is_empty() || query.types.contains(&contact.id.contact_type))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

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
}
