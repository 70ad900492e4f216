//! The picture of who may be calling: who is one person, in what order they stand, and who may be chosen unasked.
//!
//! The picture is append-only. A row that is on the card stays where it is, because somebody may be about to click on it;
//! what is learned later changes a row in place or adds one at the end.

use std::cmp::Reverse;

use ringside_domain::{
    ConnectionId, Contact, ContactRef, ContactType, Match, Timestamp,
    call::ChosenBy,
    phone::{self, Home, Reading},
};

use crate::{
    config::Several,
    lookup::bounds::prove,
    people::{folded_email, normalise},
    view::{LookupView, MatchGroup},
};

/// The matches of one call while they come in.
#[derive(Clone, Debug)]
pub struct Picture {
    home: Home,
    rows: Vec<Vec<Record>>,
}

#[derive(Clone, Debug)]
struct Record {
    found: Match,
    gone: bool,
    name: String,
    emails: Vec<String>,
}

impl Picture {
    /// Goes on where an earlier lookup of the same caller stopped: its rows keep their places.
    pub fn resume(shown: &[MatchGroup], caller: &Reading, home: &Home) -> Self {
        let row = |group: &MatchGroup| {
            let mut row = vec![Record::new(group.best.clone(), group.gone)];
            row.extend(group.also.iter().filter_map(|contact| {
                // A picture holds no grade for these, so it is found anew.
                let proof = prove(contact, caller, home)?;
                let found = Match {
                    contact: contact.clone(),
                    grade: proof.grade,
                    number: proof.number,
                    as_of: group.best.as_of,
                    live: false,
                };
                Some(Record::new(found, group.gone))
            }));
            row
        };
        Self {
            home: home.clone(),
            rows: shown.iter().map(row).collect(),
        }
    }

    /// Takes in what one answer proved. A record that is there already is replaced where it stands, if this is fresher, or as
    /// fresh and of a better grade; a new one joins the row of the same person, or gets a row at the end.
    ///
    /// New rows stand by grade, then by the last call, then by name. What counts as the same person: records of *different*
    /// connections, with the same number, and the same normalised name or e-mail. Two records of one connection are never
    /// one row, as a person has to say which of them a call is about.
    pub fn add(&mut self, mut found: Vec<Match>) {
        found.sort_by_cached_key(|found| {
            let contact = &found.contact;
            (
                found.grade,
                Reverse(contact.last_call),
                normalise(&contact.name),
                contact.id.clone(),
            )
        });
        for found in found {
            let record = Record::new(found, false);
            match self
                .rows
                .iter()
                .position(|row| row.iter().any(|known| known.id() == record.id()))
            {
                Some(row) => self.learn(row, record),
                None => self.place(record),
            }
        }
    }

    fn place(&mut self, record: Record) {
        match self.rows.iter().position(|row| self.is_same_person(row, &record)) {
            Some(row) => self.rows[row].push(record),
            None => self.rows.push(vec![record]),
        }
    }

    /// Replaces a record of the row. Whoever turns out to be another person than the one who stands for the row leaves it.
    fn learn(&mut self, row: usize, newer: Record) {
        let mut records = std::mem::take(&mut self.rows[row]);
        if let Some(known) = records.iter_mut().find(|known| known.id() == newer.id()) {
            known.learn(newer);
        }
        let lead = records.iter().position(|record| !record.gone).unwrap_or_default();
        let lead = records.remove(lead);
        let mut stay = vec![lead];
        let mut leave = Vec::new();
        for record in records {
            if self.is_same_person(&stay, &record) {
                stay.push(record)
            } else {
                leave.push(record)
            }
        }
        self.rows[row] = stay;
        // One that is gone was not shown and need not come up now.
        leave
            .into_iter()
            .filter(|record| !record.gone)
            .for_each(|record| self.place(record));
    }

    /// This record was proved by its number. Whoever stands here with its id and name under a type that their connection
    /// doesn't list, or that differs by its case alone, is the same record, called in another way when it was found by name:
    /// from now on it goes by this id, where it stands; unless `is_told`, because the answer has both. Returns the ids that
    /// are no more.
    pub fn take_over(
        &mut self,
        proved: &Contact,
        types: &[ContactType],
        is_told: impl Fn(&ContactRef) -> bool,
    ) -> Vec<ContactRef> {
        let id = &proved.id;
        let is_listed = |contact_type: &str| types.is_empty() || types.iter().any(|one| one.id == contact_type);
        let is_it = |record: &&mut Record| {
            let (old, name) = (record.id(), &record.found.contact.name);
            let alike = old.contact_type.eq_ignore_ascii_case(&id.contact_type) || !is_listed(&old.contact_type);
            let is_same = old.connection == id.connection && old.id == id.id && *name == proved.name;
            !record.gone && old != id && is_same && alike && !is_told(old)
        };
        let mut is_there = self.rows.iter().flatten().any(|record| record.id() == id);
        let mut ids = Vec::new();
        for record in self.records_mut().filter(is_it) {
            ids.push(record.id().clone());
            if is_there {
                record.gone = true;
            } else {
                record.found.contact.id = id.clone();
                is_there = true;
            }
        }
        ids
    }

    /// A live answer no longer has it. The row stays, and says so once none of its records is left.
    pub fn mark_gone(&mut self, contact: &ContactRef) {
        if let Some(record) = self.records_mut().find(|record| record.id() == contact) {
            record.gone = true;
        }
    }

    /// What this connection has in the picture and is not gone.
    pub fn of_connection<'a>(&'a self, connection: &'a ConnectionId) -> impl Iterator<Item = &'a ContactRef> {
        let records = self.rows.iter().flatten().filter(|record| !record.gone);
        records.map(Record::id).filter(move |id| id.connection == *connection)
    }

    /// When the data of a record was read from its CRM.
    pub fn as_of(&self, contact: &ContactRef) -> Option<Timestamp> {
        let known = self.rows.iter().flatten().find(|record| record.id() == contact);
        known.map(|record| record.found.as_of)
    }

    /// What a person is shown.
    #[must_use]
    pub fn groups(&self) -> Vec<MatchGroup> {
        self.rows.iter().filter_map(|row| group(row)).collect()
    }

    fn records_mut(&mut self) -> impl Iterator<Item = &mut Record> {
        self.rows.iter_mut().flatten()
    }

    fn is_same_person(&self, row: &[Record], record: &Record) -> bool {
        let connection = &record.id().connection;
        row.iter().all(|known| known.id().connection != *connection)
            && row
                .iter()
                .any(|known| known.is_alike(record) && self.is_same_number(&known.found, &record.found))
    }

    /// Both are the caller's number beyond doubt, or neither is and they hold the same number themselves.
    fn is_same_number(&self, one: &Match, other: &Match) -> bool {
        match (one.grade.is_exact(), other.grade.is_exact()) {
            (true, true) => true,
            (false, false) => {
                let (one, other) = (self.stored(one), self.stored(other));
                one.zip(other)
                    .and_then(|(one, other)| phone::compare(&one, &other))
                    .is_some_and(|grade| grade.is_exact())
            }
            _ => false,
        }
    }

    fn stored(&self, found: &Match) -> Option<Reading> {
        let region = found.contact.region.or(self.home.region);
        let home = Home {
            region,
            outside_prefix: self.home.outside_prefix.clone(),
        };
        found
            .contact
            .numbers
            .get(found.number)
            .map(|stored| phone::read(&stored.raw, &home))
    }
}

/// The first record of a row stands for it; when it is gone, the first that is left does.
fn group(row: &[Record]) -> Option<MatchGroup> {
    let gone = row.iter().all(|record| record.gone);
    let mut shown = row.iter().filter(|record| gone || !record.gone);
    let best = shown.next()?.found.clone();
    Some(MatchGroup {
        best,
        also: shown.map(|record| record.found.contact.clone()).collect(),
        gone,
    })
}

impl Record {
    fn new(found: Match, gone: bool) -> Self {
        let name = normalise(&found.contact.name);
        let emails = found
            .contact
            .emails
            .iter()
            .filter_map(|email| folded_email(email))
            .collect();
        Self {
            found,
            gone,
            name,
            emails,
        }
    }

    fn id(&self) -> &ContactRef {
        &self.found.contact.id
    }

    fn is_alike(&self, other: &Self) -> bool {
        (!self.name.is_empty() && self.name == other.name)
            || self.emails.iter().any(|email| other.emails.contains(email))
    }

    /// The same record again: the fresher telling stays, whatever the order in which they come. Only a live answer, or newer
    /// data, brings back what was gone.
    fn learn(&mut self, mut newer: Self) {
        let last_call = self.found.contact.last_call.max(newer.found.contact.last_call);
        let weight = |record: &Self| (record.found.as_of, Reverse(record.found.grade), record.found.live);
        let ordering = weight(&newer).cmp(&weight(self));
        if ordering.is_gt() || (ordering.is_eq() && (newer.found.live || !self.gone)) {
            newer.found.contact.last_call = last_call;
            *self = newer;
        } else {
            self.found.contact.last_call = last_call;
        }
    }
}

/// Whom a call is about: the one person with an exact match; among several the one whom the person chose for this number
/// before, or, once everybody has answered, the one whom their rule for several names. Never by less than an exact grade, and
/// never one that is gone.
///
/// Holds for the picture as it is: a later answer may bring a second exact match. Whether what a rule chose before stands
/// meanwhile is the call's to say ([`Entry`](crate::callbook::Entry)).
#[must_use]
pub fn preselect(view: &LookupView, remembered: Option<&ContactRef>, several: Several) -> Option<(Contact, ChosenBy)> {
    let exact: Vec<&MatchGroup> = exact_groups(view).collect();
    let again = remembered.and_then(|id| {
        exact
            .iter()
            .flat_map(|group| contacts(group))
            .find(|contact| contact.id == *id)
    });
    match (exact.as_slice(), again) {
        ([only], again) if again.is_none_or(|contact| contact.id == only.best.contact.id) => {
            Some((only.best.contact.clone(), ChosenBy::OnlyExactMatch))
        }
        (_, Some(contact)) => Some((contact.clone(), ChosenBy::Remembered)),
        // A rule chooses among all of them: a later answer may hold the one it names.
        ([_, _, ..], None) if !view.running => {
            let (contact, by) = by_rule(view, several)?;
            Some((contact.clone(), by))
        }
        _ => None,
    }
}

/// The record that the rule names among the exact matches. Where two are alike, the one that stands first in the picture.
fn by_rule(view: &LookupView, several: Several) -> Option<(&Contact, ChosenBy)> {
    let exact = exact_groups(view).flat_map(contacts);
    match several {
        Several::Ask => None,
        Several::First => {
            let turn = |contact: &&Contact| {
                let asked = view.asked.iter();
                let mut asked = asked.map(|asked| &asked.info.connection);
                asked
                    .position(|connection| *connection == contact.id.connection)
                    .unwrap_or(usize::MAX)
            };
            Some((exact.min_by_key(turn)?, ChosenBy::First))
        }
        Several::LastSpoken => {
            let spoken = exact.filter_map(|contact| Some((Reverse(contact.last_call?), contact)));
            let (_, contact) = spoken.min_by_key(|(last_call, _)| *last_call)?;
            Some((contact, ChosenBy::LastSpoken))
        }
        // One of which it is not known when it was created may be the first.
        Several::EarliestCreated => {
            let dated: Option<Vec<_>> = exact.map(|contact| Some((contact.created?, contact))).collect();
            let (_, contact) = dated?.into_iter().min_by_key(|(created, _)| *created)?;
            Some((contact, ChosenBy::EarliestCreated))
        }
    }
}

/// The contact to which the person linked the number, as fresh as the picture has it. Proofs go before: where somebody
/// has the number in a CRM, that decides. `None` as well when its CRM says that it is gone.
#[must_use]
pub fn by_link(view: &LookupView, linked: Contact) -> Option<Contact> {
    let is_it = |group: &&MatchGroup| contacts(group).any(|contact| contact.id == linked.id);
    let gone = view.matches.iter().filter(is_it).any(|group| group.gone);
    if gone || exact_groups(view).next().is_some() {
        return None;
    }
    Some(view.contact(&linked.id).cloned().unwrap_or(linked))
}

/// Whether there is a choice to make, and this is one of those whom it could fall on.
pub(crate) fn is_one_of_several(view: &LookupView, chosen: &ContactRef) -> bool {
    let several = exact_groups(view).nth(1).is_some();
    several
        && exact_groups(view)
            .flat_map(contacts)
            .any(|contact| contact.id == *chosen)
}

fn exact_groups(view: &LookupView) -> impl Iterator<Item = &MatchGroup> {
    view.matches
        .iter()
        .filter(|group| !group.gone && group.best.grade.is_exact())
}

fn contacts(group: &MatchGroup) -> impl Iterator<Item = &Contact> {
    std::iter::once(&group.best.contact).chain(&group.also)
}

#[cfg(test)]
mod tests;
