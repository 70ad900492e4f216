//! What is known of a call, field by field: who knows best wins, and what a source says once more is no news.

use ringside_domain::{
    Authority, CallEvent, Party, Trust,
    call::{Choice, ChosenBy, WireParty},
    phone::{Home, Reading, probe_keys, read},
};

use super::entry::{Entry, Report};
use crate::{lookup::bounds, view::LookupView};

/// What a source's word is worth. A phone that is not trusted never beats one that is, however much it could know.
pub(super) type Rank = (Trust, Authority);

/// The parties of an event, read.
pub(super) struct Parties {
    pub remote: Option<Party>,
    pub local: Option<Reading>,
    pub diverted_by: Vec<Party>,
    home: Home,
}

/// Whose word each field is; `None`: nobody's yet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    remote: Option<Rank>,
    name: Option<Rank>,
    direction: Option<Rank>,
    line: Option<Rank>,
    queue: Option<Rank>,
    diverted_by: Option<Rank>,
    /// Somebody else is at the other end than when a person said whom the call is about.
    pub doubtful: bool,
    /// Another call goes by the provider's id: a marker made of it would be of both.
    pub id_is_taken: bool,
}

impl Told {
    /// That it was a trusted phone that told of the call says nothing of who is at the other end.
    pub fn is_number_unverified(&self) -> bool {
        self.remote.is_some_and(|(trust, _)| trust == Trust::Unverified)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Usual,
    /// From before what is known: it fills gaps only.
    Late,
    /// Of the call that takes this one's place: the other end is another one.
    Another,
}

const MOST_DIVERSIONS: usize = 5;
/// The longest name of a queue or line, in characters.
const LONGEST_NAME: usize = 120;

impl Entry {
    /// Takes in what an event says. `true`: somebody else than before is at the other end, or somebody at all.
    pub(super) fn learn(&mut self, event: &CallEvent, parties: Parties, report: &mut Report, weight: Weight) -> bool {
        let rank = (event.trust, event.authority);
        let call = &mut self.call;
        if !parties.diverted_by.is_empty() && self.told.diverted_by < Some(rank) {
            call.route.diverted_by = parties.diverted_by;
            self.told.diverted_by = Some(rank);
        }
        if event.direction.is_some() && self.told.direction < Some(rank) && weight != Weight::Another {
            call.direction = event.direction.unwrap_or(call.direction);
            self.told.direction = Some(rank);
        }
        // Markers are made of the line: it does not change any more once a log may have been written.
        let line = event
            .local
            .as_ref()
            .and_then(|party| line_name(party, parties.local.as_ref()));
        if line.is_some() && (call.line.is_none() || (self.told.line < Some(rank) && self.answered.is_none())) {
            call.line = line;
            self.told.line = Some(rank);
        }
        let queue = event.route.queue.as_deref().and_then(name);
        if queue.is_some() && self.told.queue < Some(rank) {
            call.route.queue = queue;
            self.told.queue = Some(rank);
        }
        if call.provider_call_id.is_none() && !self.told.id_is_taken {
            call.provider_call_id.clone_from(&event.provider_call_id);
        }
        call.trust = call.trust.max(event.trust);
        let Some(party) = parties.remote else { return false };
        let another = self.learn_remote(party, rank, report, weight);
        if another && let Some(choice) = &self.call.choice {
            // What a person decided stays; but it is not logged on somebody else unasked.
            let proof = bounds::prove(&choice.contact, &self.call.remote.reading, &parties.home);
            self.told.doubtful = !proof.is_some_and(|proof| proof.grade.is_exact());
        }
        another
    }

    fn learn_remote(&mut self, party: Party, rank: Rank, report: &mut Report, weight: Weight) -> bool {
        let earlier = match weight {
            Weight::Late => report.remote.clone(),
            _ => report.remote.replace(party.reading.clone()),
        };
        let current = &self.call.remote.reading;
        let best = self.told.remote;
        let better = best < Some(rank);
        // The source itself said something else before: the call was passed on.
        let changed = earlier.is_some_and(|earlier| !same_line(&earlier, &party.reading)) && best <= Some(rank);
        let may = match weight {
            Weight::Another => !is_nothing(&party.reading),
            Weight::Late => false,
            Weight::Usual => better || changed,
        };
        let same = same_line(current, &party.reading);
        let takes = !same
            && match (is_identity(current), is_identity(&party.reading)) {
                (true, true) => may,
                (true, false) => may && weight == Weight::Another,
                // Withheld is a word, too.
                (false, true) => may || *current != Reading::Withheld,
                (false, false) => may || (is_nothing(current) && !is_nothing(&party.reading)),
            };
        if takes {
            self.pass_to(party, rank);
            return true;
        }
        let name_is_news =
            party.display.is_some() && (self.call.remote.display.is_none() || self.told.name < Some(rank));
        if (same || !is_identity(&party.reading)) && (name_is_news || (changed && party.display.is_some())) {
            self.call.remote.display = party.display;
            self.told.name = Some(rank);
        }
        if same {
            self.told.remote = best.max(Some(rank));
        }
        false
    }

    /// Another party is at the other end, or is known for the first time.
    fn pass_to(&mut self, party: Party, rank: Rank) {
        let before = std::mem::replace(&mut self.call.remote.reading, party.reading);
        self.told.remote = Some(rank);
        let is_another = is_identity(&before) || before == Reading::Withheld;
        if is_another || party.display.is_some() {
            self.told.name = party.display.as_ref().map(|_| rank);
            self.call.remote.display = party.display;
        }
        if !is_another {
            return;
        }
        // What was found for the one before does not hold.
        self.lookup = LookupView::default();
        self.twins.clear();
        self.undo = None;
        self.nobody = false;
        let by_person = |choice: &Choice| choice.by == ChosenBy::Person;
        if !self.call.choice.as_ref().is_some_and(by_person) {
            self.call.choice = None;
            self.call.fields.clear();
        }
    }
}

pub(super) fn read_parties(event: &CallEvent, home: &Home) -> Parties {
    let diverted_by = event.route.diverted_by.iter().take(MOST_DIVERSIONS);
    Parties {
        remote: event.remote.as_ref().map(|party| party_of(party, home)),
        local: event.local.as_ref().map(|party| read(&party.raw, home)),
        diverted_by: diverted_by
            .filter(|party| {
                party
                    .display
                    .as_deref()
                    .and_then(name)
                    .or_else(|| name(&party.raw))
                    .is_some()
            })
            .map(|party| party_of(party, home))
            .collect(),
        home: home.clone(),
    }
}

fn party_of(wire: &WireParty, home: &Home) -> Party {
    Party {
        reading: read(&wire.raw, home),
        display: wire.display.as_deref().and_then(name),
    }
}

/// Whether the reading says who it is, as far as a phone can.
pub(super) fn is_identity(reading: &Reading) -> bool {
    !matches!(reading, Reading::Withheld | Reading::Unreadable(_))
}

fn is_nothing(reading: &Reading) -> bool {
    matches!(reading, Reading::Unreadable(unreadable) if unreadable.text().trim().is_empty())
}

/// Digits of which nothing certain can be made may still be the end of a stored number.
pub(super) fn worth_a_lookup(reading: &Reading) -> bool {
    is_identity(reading) || !probe_keys(reading).is_empty()
}

/// The same number is the same line, however it was written.
pub(super) fn same_line(one: &Reading, other: &Reading) -> bool {
    match (one, other) {
        (Reading::Number(one), Reading::Number(other)) => one.e164() == other.e164(),
        _ => one == other,
    }
}

/// Our end for a person: its name, or what it is read as. `sip:201@pbx.example` is 201 to those who are called there.
fn line_name(party: &WireParty, reading: Option<&Reading>) -> Option<String> {
    let is_uri = party.raw.contains(':') || party.raw.contains('<');
    let read = match reading.filter(|_| is_uri) {
        Some(Reading::Extension(extension)) => name(extension.as_str()),
        Some(Reading::Number(number)) => name(number.e164()),
        Some(Reading::SipAddress(address)) => name(address.as_str()),
        Some(Reading::Unreadable(unreadable)) => name(unreadable.digits()),
        Some(Reading::Withheld) | None => None,
    };
    party
        .display
        .as_deref()
        .and_then(name)
        .or(read)
        .or_else(|| name(&party.raw))
}

fn name(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.chars().take(LONGEST_NAME).collect())
}
