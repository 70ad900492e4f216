//! Who a person is in the tables.

use std::collections::{BTreeSet, HashSet};

use ringside_domain::{
    CallId, Contact, ContactRef,
    phone::{Home, Key, Reading, compare, probe_keys, read},
};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Deserialize;
use serde_json::Value;

use super::{Person, Whose, called};
use crate::{
    address_book::{self, ADDRESS_BOOK},
    contact_row,
    error::Answer,
    fold::{Depth, digits, fold},
    journal,
    rows::{contact::RefRow, creation::CreationColumns, decode, reading::ReadingRow},
};

/// A person, and by what they are known in the tables.
pub(super) struct Gathered {
    pub person: Person,
    pub refs: HashSet<ContactRef>,
    /// The number that was asked for, as [`name_of`] names it.
    pub asked: Option<String>,
    /// All numbers of the person, the one asked for among them.
    pub numbers: BTreeSet<String>,
    /// Keys of the table `choices`.
    pub choices: Vec<String>,
    /// Also those that only a newer version can read.
    pub creations: Vec<CreationColumns>,
    home: Home,
}

/// What the body of a creation says about whom it is for.
#[derive(Deserialize, Default)]
#[serde(default)]
struct CreationRow {
    draft: DraftRow,
    contact: Option<(RefRow, Value)>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct DraftRow {
    name: String,
    number: Option<String>,
}

impl Gathered {
    /// Whether a creation is for them. Somebody else's may have a number that they share.
    fn is_of_them(&self, creation: &str) -> bool {
        let Some(row) = decode::<CreationRow>("creation", creation) else {
            return false;
        };
        if row.contact.is_some_and(|(id, _)| self.refs.contains(&id.contact_ref())) {
            return true;
        }
        let name = fold(&row.draft.name, Depth::Wide);
        let number = row.draft.number.and_then(|number| name_of(&read(&number, &self.home)));
        let named = || {
            self.person
                .contacts
                .iter()
                .any(|contact| fold(&contact.name, Depth::Wide) == name)
        };
        number.is_some_and(|number| self.asked.as_ref() == Some(&number) || (self.numbers.contains(&number) && named()))
    }
}

pub(super) fn gather(conn: &Connection, whose: &Whose) -> Answer<Gathered> {
    let contacts = contacts(conn, whose)?;
    let mut refs: HashSet<ContactRef> = contacts.iter().map(|contact| contact.id.clone()).collect();
    // Calls may be about a record that the index has forgotten.
    refs.extend(whose.contact.clone());
    for contact in &contacts {
        refs.extend(called::in_calls(conn, whose, &contact.id, &contact.name)?);
    }
    if let Some(id) = &whose.contact {
        for name in called::names_in_calls(conn, id)? {
            refs.extend(called::in_calls(conn, whose, id, &name)?);
        }
    }
    let asked = whose.number.as_ref().and_then(name_of);
    let mut numbers: BTreeSet<String> = asked.iter().cloned().collect();
    for contact in &contacts {
        let read = readings(contact, &whose.home);
        numbers.extend(read.iter().filter_map(name_of));
    }
    let mut gathered = Gathered {
        person: Person {
            contacts,
            ..Person::default()
        },
        refs,
        asked,
        numbers,
        choices: Vec::new(),
        creations: Vec::new(),
        home: whose.home.clone(),
    };
    gathered.person.calls = calls(conn, &gathered)?;
    gathered.choices = choices(conn, &gathered)?;
    gathered.person.remembered = gathered.choices.len();
    gathered.person.owed = owed(conn, &gathered.person.calls)?;
    let calls: HashSet<String> = gathered.person.calls.iter().map(ToString::to_string).collect();
    let mut creations = journal::all_creations(conn)?;
    creations.retain(|creation| {
        let of_call = creation.call.as_ref().is_some_and(|call| calls.contains(call));
        of_call || gathered.is_of_them(&creation.body)
    });
    let readable = creations.iter().cloned().filter_map(CreationColumns::creation);
    gathered.person.creations = readable.collect();
    gathered.creations = creations;
    Ok(gathered)
}

/// What a number is compared and looked for by. Nobody can be told from a withheld number.
pub(super) fn name_of(reading: &Reading) -> Option<String> {
    match reading {
        Reading::Number(number) => Some(number.e164().to_owned()),
        Reading::Extension(extension) => Some(extension.as_str().to_owned()),
        Reading::SipAddress(address) => Some(address.as_str().to_owned()),
        Reading::Unreadable(unreadable) => Some(unreadable.text().trim().to_owned()).filter(|text| !text.is_empty()),
        Reading::Withheld => None,
    }
}

fn contacts(conn: &Connection, whose: &Whose) -> Answer<Vec<Contact>> {
    let mut found: Vec<Contact> = Vec::new();
    if let Some(number) = &whose.number {
        found.extend(with_number(conn, number, &whose.home)?);
    }
    if let Some(id) = &whose.contact {
        let own = under_each_word(conn, whose, id)?;
        for number in own.iter().flat_map(|one| readings(one, &whose.home)) {
            let mut others = with_number(conn, &number, &whose.home)?;
            others.retain(|other| own.iter().any(|one| is_same_person(one, other)));
            found.extend(others);
        }
        found.splice(0..0, own);
    }
    for at in 0..found.len() {
        found.extend(called::records(conn, whose, &found[at].id, &found[at].name)?);
    }
    let mut seen = HashSet::new();
    found.retain(|contact| seen.insert(contact.id.clone()));
    Ok(found)
}

/// The record and what else it is called, itself first: which word somebody asks by makes no difference.
fn under_each_word(conn: &Connection, whose: &Whose, id: &ContactRef) -> Answer<Vec<Contact>> {
    let mut found: Vec<Contact> = record(conn, id)?.into_iter().collect();
    let mut names = called::names_in_calls(conn, id)?;
    names.extend(found.iter().map(|own| own.name.clone()));
    for name in names {
        found.extend(called::records(conn, whose, id, &name)?);
    }
    Ok(found)
}

fn record(conn: &Connection, id: &ContactRef) -> Answer<Option<Contact>> {
    if id.connection.as_str() == ADDRESS_BOOK
        && let Some(contact) = address_book::get(conn, &id.id)?
    {
        return Ok(Some(contact));
    }
    let mut ask = conn.prepare_cached(
        "SELECT connection, contact_type, contact, body FROM contacts
         WHERE connection = ?1 AND contact_type = ?2 AND contact = ?3",
    )?;
    let mut rows = ask.query(params![id.connection.as_str(), id.contact_type, id.id])?;
    rows.next()?.map_or(Ok(None), contact_row::contact)
}

/// Every record with this very number: unlike a lookup's answer, no page of it.
fn with_number(conn: &Connection, number: &Reading, home: &Home) -> Answer<Vec<Contact>> {
    let mut found = filed_under(conn, number)?;
    let is_it = |stored: &Reading| compare(stored, number).is_some_and(|grade| grade.is_exact());
    found.retain(|contact| readings(contact, home).iter().any(is_it));
    Ok(found)
}

/// Other people's records that have the number asked for by a server's word alone, as they are without it.
pub(super) fn without_the_word(conn: &Connection, gathered: &Gathered) -> Answer<Vec<Contact>> {
    let Some(asked) = &gathered.asked else {
        return Ok(Vec::new());
    };
    let is_asked = |raw: &str| name_of(&read(raw, &gathered.home)).as_ref() == Some(asked);
    let without = |contact: Contact| {
        let (kept, word): (Vec<_>, Vec<_>) =
            (contact.numbers.iter().cloned()).partition(|number| !(contact.doubts(number) && is_asked(&number.raw)));
        (!word.is_empty()).then_some(Contact {
            numbers: kept,
            ..contact
        })
    };
    let found = filed_under(conn, &read(asked, &gathered.home))?;
    Ok(found.into_iter().filter_map(without).collect())
}

/// Everybody who may have this number.
fn filed_under(conn: &Connection, number: &Reading) -> Answer<Vec<Contact>> {
    let mut ids = BTreeSet::new();
    let mut by_key = conn.prepare_cached("SELECT contact FROM contact_keys WHERE kind = ?1 AND value = ?2")?;
    for Key { kind, value, .. } in probe_keys(number) {
        for id in by_key.query_map(params![kind.as_u8(), value], |row| row.get::<_, i64>(0))? {
            ids.insert(id?);
        }
    }
    let mut found = Vec::new();
    let mut ask = conn.prepare_cached("SELECT connection, contact_type, contact, body FROM contacts WHERE id = ?1")?;
    for id in ids {
        let mut rows = ask.query([id])?;
        found.extend(rows.next()?.map_or(Ok(None), contact_row::contact)?);
    }
    Ok(found)
}

/// Of the numbers that are the contact's own.
fn readings(contact: &Contact, home: &Home) -> Vec<Reading> {
    let habits = Home {
        region: contact.region.or(home.region),
        ..home.clone()
    };
    let numbers = contact.own_numbers();
    numbers.map(|number| read(&number.raw, &habits)).collect()
}

fn is_same_person(one: &Contact, other: &Contact) -> bool {
    let name = |contact: &Contact| fold(&contact.name, Depth::Wide);
    let emails = |contact: &Contact| -> HashSet<String> {
        let all = contact.emails.iter();
        all.map(|email| fold(email, Depth::Wide)).collect()
    };
    name(one) == name(other) || !emails(one).is_disjoint(&emails(other))
}

/// What the body of a call says about its parties.
#[derive(Deserialize, Default)]
#[serde(default)]
struct PartiesRow {
    remote: ReadingRow,
}

fn calls(conn: &Connection, gathered: &Gathered) -> Answer<Vec<CallId>> {
    let mut found = BTreeSet::new();
    let mut take = |started: i64, id: &str| {
        if let Ok(id) = id.parse::<CallId>() {
            found.insert((started, id));
        }
    };
    let mut of_contact = conn.prepare_cached(
        "SELECT started, id FROM calls WHERE connection = ?1 AND contact_type = ?2 COLLATE NOCASE AND contact = ?3",
    )?;
    for id in &gathered.refs {
        let mut rows = of_contact.query(params![id.connection.as_str(), id.contact_type, id.id])?;
        while let Some(row) = rows.next()? {
            take(row.get(0)?, &row.get::<_, String>(1)?);
        }
    }
    // The haystack holds every number; the body says whether it is the caller's.
    let mut with_text =
        conn.prepare_cached("SELECT started, id, contact, body FROM calls WHERE instr(haystack, ?1) > 0")?;
    for number in &gathered.numbers {
        let mut rows = with_text.query([needle(number)])?;
        while let Some(row) = rows.next()? {
            let parties: PartiesRow = decode("call", &row.get::<_, String>(3)?).unwrap_or_default();
            let is_theirs = name_of(&parties.remote.reading()).as_ref() == Some(number);
            // From a number that several share, a call that is about somebody is theirs.
            let assigned = row.get::<_, Option<String>>(2)?.is_some();
            if is_theirs && (!assigned || gathered.asked.as_ref() == Some(number)) {
                take(row.get(0)?, &row.get::<_, String>(1)?);
            }
        }
    }
    Ok(found.into_iter().rev().map(|(_, id)| id).collect())
}

/// As the haystack of a call writes it.
fn needle(number: &str) -> String {
    let is_number = number.starts_with('+') || number.bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        digits(number)
    } else {
        fold(number, Depth::Wide)
    }
}

fn choices(conn: &Connection, gathered: &Gathered) -> Answer<Vec<String>> {
    let mut found = BTreeSet::new();
    let mut of_contact = conn.prepare_cached(
        "SELECT e164 FROM choices WHERE connection = ?1 AND contact_type = ?2 COLLATE NOCASE AND contact = ?3",
    )?;
    for id in &gathered.refs {
        let given = params![id.connection.as_str(), id.contact_type, id.id];
        for number in of_contact.query_map(given, |row| row.get::<_, String>(0))? {
            found.insert(number?);
        }
    }
    let mut of_number = conn.prepare_cached("SELECT contact FROM choices WHERE e164 = ?1")?;
    for number in &gathered.numbers {
        let chosen: Option<Option<String>> = of_number.query_row([number], |row| row.get(0)).optional()?;
        if chosen.is_some_and(|contact| contact.is_none() || gathered.asked.as_ref() == Some(number)) {
            found.insert(number.clone());
        }
    }
    Ok(found.into_iter().collect())
}

fn owed(conn: &Connection, calls: &[CallId]) -> Answer<usize> {
    let mut ask = conn
        .prepare_cached("SELECT count(*) FROM writes WHERE call = ?1 AND state IN ('waiting', 'refused', 'unsure')")?;
    let mut count = 0;
    for call in calls {
        let here: i64 = ask.query_row([call.to_string()], |row| row.get(0))?;
        count += usize::try_from(here).unwrap_or(0);
    }
    Ok(count)
}
