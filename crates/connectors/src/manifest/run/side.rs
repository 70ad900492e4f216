//! One type's part of a lookup by number: its questions in waves, and what its hits still lack.

use std::{collections::VecDeque, sync::atomic::AtomicBool, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use ringside_domain::{Contact, ContactRef, Error, Kind, Result, connector::NumberForms, trace};
use tokio::time::Instant;

use super::{
    Ask, Patience, Run,
    enrich::reads_numbers,
    plan::{Plan, Question, Wave},
    race::Race,
    records::{is_matched, proves, trusted},
};
use crate::manifest::{
    format::{FindContact, Type},
    learned::Way,
    mapping::Mapped,
    render::Scope,
};

/// What never hit goes behind so many others, and only if its turn comes so soon.
const BEHIND: usize = 100;
const SOON: Duration = Duration::from_secs(2);

/// What one type's part of a lookup needs.
pub(super) struct Asked<'a> {
    pub find: &'a FindContact,
    /// `None`: all types at once.
    pub contact_type: Option<&'a Type>,
    pub scope: Scope,
    pub number: &'a NumberForms,
}

/// One type's part of a lookup on its way.
pub(super) struct Side<'a> {
    pub asked: Asked<'a>,
    /// Its place among the types of the lookup.
    place: usize,
    pub waves: VecDeque<Wave>,
    stops: bool,
    contacts: Vec<(Mapped, bool)>,
    error: Option<Error>,
    ways: Vec<Way>,
    answered: bool,
    /// Somebody was found whose number is compared already.
    certain: bool,
    /// Some of its questions were one too many.
    pub beyond: bool,
}

/// What one type's part found, and what failed beside it; an error only if all of it did.
pub(super) type Part = Result<(Vec<Mapped>, Option<Error>)>;

/// What one request found.
#[derive(Default)]
struct Hits {
    contacts: Vec<(Mapped, bool)>,
    took: Duration,
    /// So many records, and there may be more.
    cut: Option<usize>,
    /// How it was asked, if that is certain to be how the hit is stored.
    ways: Vec<Way>,
}

impl<'a> Side<'a> {
    pub fn new(place: usize, asked: Asked<'a>, plan: Option<Plan>) -> Self {
        let (waves, stops) = plan.map_or((Vec::new(), false), |plan| (plan.waves, plan.stops));
        Self {
            asked,
            place,
            answered: waves.is_empty(),
            waves: waves.into(),
            stops,
            contacts: Vec::new(),
            error: None,
            ways: Vec::new(),
            certain: false,
            beyond: false,
        }
    }

    pub fn questions(&self) -> usize {
        self.waves.iter().map(|wave| wave.questions.len()).sum()
    }

    /// Takes away the question that is the least likely to find anybody.
    pub fn cut(&mut self) -> Option<Question> {
        let last = self.waves.back_mut()?;
        let question = last.questions.pop();
        self.beyond |= question.is_some();
        self.waves.retain(|wave| !wave.questions.is_empty());
        question
    }

    /// Asking on would only be refused again.
    fn is_hopeless(&self) -> bool {
        matches!(&self.error, Some(error) if matches!(error.kind, Kind::SignInNeeded | Kind::RateLimited))
    }
}

impl<'a> Run<'a> {
    /// Asks wave by wave until somebody is found, here or elsewhere.
    pub(super) async fn search(&self, mut side: Side<'_>, race: &Race) -> Part {
        while let Some(wave) = side.waves.pop_front() {
            let began = Instant::now();
            self.ask_wave(&mut side, &wave, race).await;
            race.answered(side.place);
            if side.waves.is_empty() || side.is_hopeless() || (side.stops && side.certain) {
                break;
            }
            race.others(side.place, began.elapsed()).await;
            // Forms that never hit here are for callers whom nobody knows: the known one's lead or account is not hunted in
            // them on every call. Refresh has one wave, which asks all.
            if race.is_settled() {
                self.needless(&side);
                break;
            }
        }
        race.finished(side.place);
        self.finish(side, race).await
    }

    /// A wave's questions, all at once, until one of them proved somebody.
    async fn ask_wave(&self, side: &mut Side<'_>, wave: &Wave, race: &Race) {
        let asked = &side.asked;
        let asking = wave.questions.iter().enumerate().map(|(rank, question)| async move {
            // Types take turns: where there is a budget, each has its likeliest questions out before the others' rest.
            for _ in 0..rank {
                tokio::task::yield_now().await;
            }
            self.ask_question(asked, question, wave.rare, Some(race)).await
        });
        let mut running: FuturesUnordered<_> = asking.collect();
        while let Some(answer) = running.next().await {
            match answer {
                Ok(hits) => {
                    side.answered = true;
                    if let Some(records) = hits.cut {
                        side.error.get_or_insert_with(|| self.one_page(records));
                    }
                    let certain: Vec<Contact> = hits
                        .contacts
                        .iter()
                        .filter(|(hit, proved)| *proved && !doubtful(hit, asked.find))
                        .map(|(hit, _)| hit.contact.clone())
                        .collect();
                    let is_certain = !certain.is_empty();
                    side.certain |= is_certain;
                    add_new(&mut side.contacts, hits.contacts);
                    side.ways.extend(hits.ways);
                    if is_certain {
                        race.found(hits.took);
                        self.exit.found(certain);
                    }
                    if is_certain && side.stops {
                        race.settle();
                        // Dropping the others cancels them.
                        break;
                    }
                }
                Err(failed) => side.error = side.error.take().or(Some(failed)),
            }
        }
    }

    /// What is learned of a type's answers, and what its hits still lack. What failed beside a hit is part of the answer.
    async fn finish(&self, side: Side<'_>, race: &Race) -> Part {
        let Side {
            asked,
            mut contacts,
            error,
            ways,
            answered,
            ..
        } = side;
        self.core.learned.hit(&ways).await;
        let doubted: Vec<ContactRef> = contacts
            .iter()
            .filter(|(hit, proved)| *proved && doubtful(hit, asked.find))
            .map(|(hit, _)| hit.contact.id.clone())
            .collect();
        let began = Instant::now();
        let proved = contacts.iter_mut().filter_map(|(hit, proved)| proved.then_some(hit));
        let not_compared = self
            .enrich(proved, asked.find.enrich.as_ref(), &asked.scope, Some(race))
            .await;
        // Their numbers are read only now.
        let certain: Vec<Contact> = contacts
            .iter()
            .filter(|(hit, _)| doubted.contains(&hit.contact.id) && proves(&hit.contact, &asked.number.reading))
            .map(|(hit, _)| hit.contact.clone())
            .collect();
        if !certain.is_empty() {
            race.found(began.elapsed());
            self.exit.found(certain);
        }
        let error = error.or(not_compared);
        match error {
            Some(error) if !answered => Err(error),
            error => Ok((contacts.into_iter().map(|(hit, _)| hit).collect(), error)),
        }
    }

    /// Asks the first of its questions; what comes of it is nobody's.
    pub(super) async fn try_one(&self, side: &Side<'_>) -> Result<()> {
        let first = side.waves.front().and_then(|wave| wave.questions.first());
        match first {
            Some(question) => self.ask_question(&side.asked, question, false, None).await.map(drop),
            None => Ok(()),
        }
    }

    async fn ask_question(
        &self,
        asked: &Asked<'_>,
        question: &Question,
        rare: bool,
        race: Option<&Race>,
    ) -> Result<Hits> {
        let mut scope = asked.scope.with("forms", &question.texts);
        if let Some(form) = question.texts.first() {
            scope = scope.with("form", form);
        }
        if let Some(field) = &question.field {
            scope = scope.with("field", field);
        }
        let patience = rare.then(|| Patience {
            behind: BEHIND,
            until: Instant::now() + SOON,
            given_up: AtomicBool::new(false),
        });
        let ask = Ask {
            forms: &question.texts,
            patience: patience.as_ref(),
            race,
            ..Ask::new(&asked.find.request, &asked.find.answer, &scope)
        };
        let reply = match self.ask(ask).await {
            Ok(reply) => reply,
            // Nobody else's turn was taken for what is not likely to find anybody; the trace says so.
            Err(_) if patience.is_some_and(|patience| patience.given_up.into_inner()) => return Ok(Hits::default()),
            Err(refusal) => return Err(refusal.error),
        };
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
        self.numberless(&contacts, &records);
        self.found(&reply, records.len(), verified);
        Ok(Hits {
            cut: reply.asked_for.contains(&records.len()).then_some(records.len()),
            took: reply.sent.elapsed(),
            ways: hitting(&contacts, question),
            contacts,
        })
    }

    /// The trace says which forms a hit elsewhere made needless.
    fn needless(&self, side: &Side<'_>) {
        let questions = side.waves.iter().flat_map(|wave| &wave.questions);
        let forms: Vec<String> = questions.flat_map(|question| question.texts.clone()).collect();
        self.left_out(
            side.asked.contact_type,
            forms,
            "not asked for: somebody was found in another type",
        );
    }

    /// A part that was not asked, or not with these forms, and why.
    pub(super) fn left_out(&self, contact_type: Option<&Type>, forms: Vec<String>, reason: &str) {
        let answer = trace::Answer::Skipped {
            reason: reason.to_owned(),
        };
        self.exit.trace(self.part(contact_type), forms, Instant::now(), answer);
    }

    /// A part of a lookup, for people.
    pub(super) fn part(&self, contact_type: Option<&Type>) -> String {
        contact_type.map_or_else(|| self.name().to_owned(), |kind| kind.label.clone())
    }

    /// Nobody pages through a lookup's answer: whoever is asked for while a phone rings is among the first, or not found so.
    fn one_page(&self, records: usize) -> Error {
        let message = format!("{} gave as many records as fit into one answer, {records}", self.name());
        self.error(Kind::Unsupported, message)
            .hint("There may be more: search for the caller by name")
    }

    /// Nobody was found in a type that was not asked everything, and nobody may think that it was.
    pub(super) fn cut_short(&self, part: Part) -> Part {
        match part {
            Ok((contacts, None)) if contacts.is_empty() => Ok((contacts, Some(self.too_many()))),
            part => part,
        }
    }

    fn too_many(&self) -> Error {
        let message = format!("{} cannot be asked in so many formats at once", self.name());
        self.error(Kind::Unsupported, message)
            .hint("Choose fewer formats under Numbers, or search for the caller by name")
    }

    pub(super) fn too_slow(&self) -> Error {
        let message = format!("{} took too long and was not waited for", self.name());
        self.error(Kind::Timeout, message).hint("Refresh to ask again and wait")
    }
}

/// Its number is only trusted to be the asked one, and is still to be compared.
fn doubtful(hit: &Mapped, find: &FindContact) -> bool {
    is_matched(&hit.contact)
        && find
            .enrich
            .as_ref()
            .is_some_and(|enrich| reads_numbers(&enrich.contact))
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
