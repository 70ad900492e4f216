//! Find by number: every type at the same time, each with as few requests as its CRM allows.

use std::collections::VecDeque;

use futures_util::{StreamExt, future::join_all, stream::FuturesUnordered};
use ringside_domain::{Error, Kind, Result, connector::NumberForms, contact::Found, phone::Reading, trace};
use serde_json::Value;
use tokio::time::Instant;

use super::{
    Ask, Run,
    plan::{Plan, Question, number_variables, plan},
    records::{each_once, proves, trusted},
    type_variables,
};
use crate::manifest::{
    format::{Batching, FindContact, Type},
    learned::Way,
    mapping::Mapped,
    render::{Scope, asked_forms},
};

/// What one type's part of a lookup needs.
struct Asked<'a> {
    find: &'a FindContact,
    /// `None`: all types at once.
    contact_type: Option<&'a Type>,
    scope: Scope,
    number: &'a NumberForms,
}

/// One type's part of a lookup on its way.
struct Side<'a> {
    asked: Asked<'a>,
    waves: VecDeque<Vec<Question>>,
    stops: bool,
    contacts: Vec<(Mapped, bool)>,
    error: Option<Error>,
    ways: Vec<Way>,
    answered: bool,
}

impl<'a> Side<'a> {
    fn new(asked: Asked<'a>, plan: Option<Plan>) -> Self {
        let (waves, stops) = plan.map_or((Vec::new(), false), |plan| (plan.waves, plan.stops));
        Self {
            asked,
            answered: waves.is_empty(),
            waves: waves.into(),
            stops,
            contacts: Vec::new(),
            error: None,
            ways: Vec::new(),
        }
    }

    fn has_proved(&self) -> bool {
        self.contacts.iter().any(|(_, proved)| *proved)
    }

    /// Asking on would only be refused again.
    fn is_hopeless(&self) -> bool {
        matches!(&self.error, Some(error) if matches!(error.kind, Kind::SignInNeeded | Kind::RateLimited))
    }
}

/// What one type's part found, and what failed beside it; an error only if all of it did.
pub(super) type Part = Result<(Vec<Mapped>, Option<Error>)>;

/// What one request found.
struct Hits {
    contacts: Vec<(Mapped, bool)>,
    /// How it was asked, if that is certain to be how the hit is stored.
    ways: Vec<Way>,
}

impl<'a> Run<'a> {
    pub(crate) async fn find_contact(&self, number: NumberForms) -> Result<Found> {
        let kinds = self.kinds_to_ask()?;
        if matches!(
            number.reading,
            Reading::Withheld | Reading::Unreadable(_) | Reading::SipAddress(_)
        ) {
            return Ok(Found::default());
        }
        let clock_zone = self.core.clock.zone();
        let scope = self.in_zone(&self.scope().await?, &clock_zone);
        let scope = scope.with("number", &number_variables(&number.reading));
        let asked = kinds.into_iter().map(|(contact_type, find)| {
            let scope = match contact_type {
                Some(kind) => scope.with("type", &type_variables(kind)),
                None => scope.clone(),
            };
            Asked {
                find,
                contact_type,
                scope,
                number: &number,
            }
        });
        let mut sides = Vec::new();
        for asked in asked {
            let plan = self.plan(&asked).await?;
            sides.push(Side::new(asked, plan));
        }
        let most = sides.iter().map(|side| side.waves.len()).max().unwrap_or(0);
        for _ in 0..most {
            let mut running: FuturesUnordered<_> = sides.iter_mut().map(|side| self.next_wave(side)).collect();
            while running.next().await.is_some() {}
            drop(running);
            // Forms that never hit here are for callers whom nobody knows: the known one's lead or account is not hunted in
            // them on every call. Refresh has one wave, which asks all.
            if sides.iter().any(|side| side.stops && side.has_proved()) {
                break;
            }
        }
        let finishing = sides.into_iter().map(|side| async {
            let part = part(self, side.asked.contact_type);
            (part, self.finish(side).await)
        });
        let parts = join_all(finishing).await;
        collect(parts.into_iter())
    }

    /// The types in the order of the manifest, each with how it is found; those that are found at once, as one.
    fn kinds_to_ask(&self) -> Result<Vec<(Option<&'a Type>, &'a FindContact)>> {
        let manifest = self.manifest();
        let mut kinds = Vec::new();
        let own = |kind: &Type| manifest.by_type.get(&kind.id).and_then(|own| own.find_contact.as_ref());
        let all_own = manifest.types.iter().all(|kind| own(kind).is_some());
        let at_once = manifest.find_contact.as_ref().filter(|find| find.all_types && !all_own);
        kinds.extend(at_once.map(|find| (None, find)));
        for kind in &manifest.types {
            let find = own(kind).or(manifest.find_contact.as_ref().filter(|find| !find.all_types));
            kinds.extend(find.map(|find| (Some(kind), find)));
        }
        if kinds.is_empty() {
            Err(self.unsupported())
        } else {
            Ok(kinds)
        }
    }

    /// A type's next questions, all at once, until one of them proved somebody.
    async fn next_wave(&self, side: &mut Side<'_>) {
        if side.is_hopeless() {
            return;
        }
        let Some(wave) = side.waves.pop_front() else { return };
        let asked = &side.asked;
        let asking = wave.iter().enumerate().map(|(rank, question)| async move {
            // Types take turns: where there is a budget, each has its likeliest questions out before the others' rest.
            for _ in 0..rank {
                tokio::task::yield_now().await;
            }
            self.ask_question(asked, question).await
        });
        let mut running: FuturesUnordered<_> = asking.collect();
        while let Some(answer) = running.next().await {
            match answer {
                Ok(hits) => {
                    side.answered = true;
                    let proved = hits.contacts.iter().any(|(_, proved)| *proved);
                    add_new(&mut side.contacts, hits.contacts);
                    side.ways.extend(hits.ways);
                    if proved && side.stops {
                        // Dropping the others cancels them.
                        break;
                    }
                }
                Err(failed) => side.error = side.error.take().or(Some(failed)),
            }
        }
    }

    /// What is learned of a type's answers, and what its hits still lack. What failed beside a hit is part of the answer.
    async fn finish(&self, side: Side<'_>) -> Part {
        let Side {
            asked,
            mut contacts,
            error,
            ways,
            answered,
            ..
        } = side;
        self.core.learned.hit(&ways).await;
        let proved = contacts.iter_mut().filter_map(|(hit, proved)| proved.then_some(hit));
        let not_compared = self.enrich(proved, asked.find.enrich.as_ref(), &asked.scope).await;
        match error.or(not_compared) {
            Some(error) if !answered => Err(error),
            error => Ok((contacts.into_iter().map(|(hit, _)| hit).collect(), error)),
        }
    }

    async fn plan(&self, asked: &Asked<'_>) -> Result<Option<Plan>> {
        let find = asked.find;
        let texts = asked_forms(find, asked.number);
        if texts.is_empty() {
            let reason = match asked.number.reading {
                Reading::Extension(_) => "extension",
                _ => "no format fits this number",
            };
            self.skipped(asked.contact_type, reason);
            return Ok(None);
        }
        let fields = match (&find.fields, find.batching) {
            (Some(fields), Batching::PerFieldForm) => match self.core.loaded.value(fields, &asked.scope)? {
                Value::Array(fields) => fields,
                Value::Null => Vec::new(),
                one => vec![one],
            },
            _ => Vec::new(),
        };
        if find.batching == Batching::PerFieldForm && fields.is_empty() {
            self.skipped(asked.contact_type, "this type has no phone fields");
            return Ok(None);
        }
        let id = asked.contact_type.map_or("*", |kind| kind.id.as_str());
        Ok(Some(
            plan(find, id, texts, fields, asked.number, &self.core.learned, self.live).await,
        ))
    }

    fn skipped(&self, contact_type: Option<&Type>, reason: &str) {
        let answer = trace::Answer::Skipped {
            reason: reason.to_owned(),
        };
        self.exit
            .trace(part(self, contact_type), Vec::new(), Instant::now(), answer);
    }

    async fn ask_question(&self, asked: &Asked<'_>, question: &Question) -> Result<Hits> {
        let mut scope = asked.scope.with("forms", &question.texts);
        if let Some(form) = question.texts.first() {
            scope = scope.with("form", form);
        }
        if let Some(field) = &question.field {
            scope = scope.with("field", field);
        }
        let ask = Ask {
            forms: &question.texts,
            ..Ask::new(&asked.find.request, &asked.find.answer, &scope)
        };
        let reply = self.ask(ask).await.map_err(|refusal| refusal.error)?;
        let records = self.records_of(&reply, &asked.find.answer)?;
        let mapped = self.mapped(&records, &asked.find.answer, asked.contact_type, &asked.scope)?;
        let contacts: Vec<(Mapped, bool)> = mapped
            .into_iter()
            .map(|mut mapped| {
                trusted(&mut mapped.contact, &asked.number.reading, asked.find.verify);
                let proved = proves(&mapped.contact, &asked.number.reading);
                (mapped, proved)
            })
            .collect();
        let verified = contacts.iter().filter(|(_, proved)| *proved).count();
        self.found(&reply, records.len(), verified);
        Ok(Hits {
            ways: hitting(&contacts, question),
            contacts,
        })
    }
}

/// A record that several requests bring is one.
fn add_new(contacts: &mut Vec<(Mapped, bool)>, hits: Vec<(Mapped, bool)>) {
    for (hit, proved) in hits {
        match contacts
            .iter_mut()
            .find(|(known, _)| known.contact.id == hit.contact.id)
        {
            Some((_, known)) => *known |= proved,
            None => contacts.push((hit, proved)),
        }
    }
}

/// The ways that hit: the only one, or those whose text is stored letter by letter.
fn hitting(contacts: &[(Mapped, bool)], question: &Question) -> Vec<Way> {
    let mut proved = contacts.iter().filter(|(_, proved)| *proved).peekable();
    if proved.peek().is_none() {
        return Vec::new();
    }
    if let [way] = question.ways.as_slice() {
        return vec![way.clone()];
    }
    let stored: Vec<&str> = proved
        .flat_map(|(hit, _)| &hit.contact.numbers)
        .map(|number| number.raw.as_str())
        .collect();
    let texts = question.texts.iter().zip(&question.ways);
    let hit = texts.filter(|(text, _)| stored.contains(&text.as_str()));
    hit.map(|(_, way)| way.clone()).collect()
}

/// A part of a lookup, for people.
fn part(run: &Run<'_>, contact_type: Option<&Type>) -> String {
    contact_type.map_or_else(|| run.name().to_owned(), |kind| kind.label.clone())
}

/// All parts together: what failed is named, and an error only if everything did.
pub(super) fn collect(parts: impl Iterator<Item = (String, Part)>) -> Result<Found> {
    let (mut found, mut answered) = (Found::default(), false);
    let mut contacts = Vec::new();
    for (part, answer) in parts {
        match answer {
            Ok((hits, error)) => {
                answered = true;
                contacts.extend(hits.into_iter().map(|hit| hit.contact));
                found.failed.extend(error.map(|error| (part, error)));
            }
            Err(error) => found.failed.push((part, error)),
        }
    }
    if !answered && !found.failed.is_empty() {
        return Err(found.failed.swap_remove(0).1);
    }
    found.contacts = each_once(contacts);
    Ok(found)
}
