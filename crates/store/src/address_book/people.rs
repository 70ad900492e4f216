//! The records themselves.

use ringside_domain::{
    ConnectionId, Contact, ContactDraft, ContactRef, Error, Kind, Result, StoredNumber, Timestamp,
    phone::{Home, Reading, read},
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{ADDRESS_BOOK, types};
use crate::{
    error::{Answer, Fault},
    index::{self, Direction, Filed, Salvaged},
    rows::{decode, encode},
};

/// What one field may hold, in characters. Names of companies with all their partners are long; novels are a mistake.
const LONGEST: usize = 1000;
const NUMBER_LABEL: &str = "phone";
const COLUMNS: &str = "SELECT id, contact_type, name, company, title, email, saved, more_emails FROM people";

/// Trims, makes empty fields absent, and refuses what could not be shown or found again.
pub(super) fn checked(draft: ContactDraft) -> Result<ContactDraft> {
    let refuse = |field: &str, message: String| {
        Err(Error::new(Kind::Invalid, "create_contact", message)
            .field(field)
            .hint("Correct the field and save again"))
    };
    let tidy = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let draft = ContactDraft {
        name: draft.name.trim().to_owned(),
        given: tidy(draft.given),
        family: tidy(draft.family),
        company: tidy(draft.company),
        title: tidy(draft.title),
        email: tidy(draft.email),
        number: tidy(draft.number),
        ..draft
    };
    if !types().iter().any(|known| known.id == draft.contact_type) {
        return refuse(
            "contact_type",
            "the address book holds persons, companies and leads only".to_owned(),
        );
    }
    if !draft.name.chars().any(is_seen) {
        return refuse("name", "a contact needs a name".to_owned());
    }
    let fields = [
        ("name", Some(&draft.name)),
        ("given", draft.given.as_ref()),
        ("family", draft.family.as_ref()),
        ("company", draft.company.as_ref()),
        ("title", draft.title.as_ref()),
        ("email", draft.email.as_ref()),
        ("phone", draft.number.as_ref()),
    ];
    for (field, text) in fields {
        if text.is_some_and(|text| text.chars().count() > LONGEST) {
            return refuse(field, format!("this field takes at most {LONGEST} characters"));
        }
    }
    let is_address = |email: &String| {
        let sides = email.split_once('@');
        sides.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()) && !email.contains(char::is_whitespace)
    };
    if draft.email.as_ref().is_some_and(|email| !is_address(email)) {
        return refuse(
            "email",
            "this is no e-mail address: it needs an @ with something on both sides".to_owned(),
        );
    }
    Ok(draft)
}

pub(super) fn checked_number(raw: String) -> Result<String> {
    let raw = raw.trim();
    if raw.is_empty() || raw.chars().count() > LONGEST {
        let message = "a number is missing, or much too long";
        return Err(Error::new(Kind::Invalid, "add_number", message)
            .field("phone")
            .hint("Type the number and save again"));
    }
    Ok(raw.to_owned())
}

fn is_seen(sign: char) -> bool {
    !sign.is_whitespace()
        && !sign.is_control()
        && !matches!(u32::from(sign), 0xAD | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF)
}

/// A new record: the draft's own number first, then the others.
pub(crate) fn insert(
    conn: &Connection,
    id: &str,
    draft: &ContactDraft,
    numbers: &[StoredNumber],
    now: i64,
) -> Answer<Contact> {
    conn.prepare_cached(
        "INSERT INTO people (id, contact_type, name, given, family, company, title, email, saved)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        id,
        draft.contact_type,
        draft.name,
        draft.given,
        draft.family,
        draft.company,
        draft.title,
        draft.email,
        now
    ])?;
    let own = draft.number.iter().map(|raw| StoredNumber {
        label: NUMBER_LABEL.to_owned(),
        raw: raw.clone(),
    });
    let numbers: Vec<StoredNumber> = own.chain(numbers.iter().cloned()).collect();
    for (position, number) in (0..).zip(&numbers) {
        put_number(conn, id, position, number)?;
    }
    Ok(Contact {
        id: reference(&draft.contact_type, id),
        name: draft.name.clone(),
        company: draft.company.clone(),
        title: draft.title.clone(),
        emails: draft.email.iter().cloned().collect(),
        numbers,
        region: None,
        url: None,
        created: made(id),
        updated: Some(Timestamp(now)),
        last_call: None,
    })
}

pub(crate) fn get(conn: &Connection, id: &str) -> Answer<Option<Contact>> {
    let mut ask = conn.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
    let found = ask.query_row([id], person).optional()?;
    found.map(|contact| with_numbers(conn, contact)).transpose()
}

/// Appends the number, unless one of the record's numbers reads as the same already.
pub(super) fn add_number(conn: &Connection, id: &str, label: &str, raw: &str, now: i64) -> Answer<Contact> {
    let Some(mut contact) = get(conn, id)? else {
        return Err(gone("add_number"));
    };
    let home = index::home(conn)?.unwrap_or_default();
    if contact.numbers.iter().any(|known| is_same(&known.raw, raw, &home)) {
        return Ok(contact);
    }
    let label = if label.trim().is_empty() {
        NUMBER_LABEL
    } else {
        label.trim()
    };
    let number = StoredNumber {
        label: label.to_owned(),
        raw: raw.to_owned(),
    };
    let position = conn
        .prepare_cached("SELECT coalesce(max(position) + 1, 0) FROM person_numbers WHERE person = ?1")?
        .query_row([id], |row| row.get(0))?;
    put_number(conn, id, position, &number)?;
    conn.prepare_cached("UPDATE people SET saved = ?2 WHERE id = ?1")?
        .execute(params![id, now])?;
    contact.numbers.push(number);
    contact.updated = Some(Timestamp(now));
    Ok(contact)
}

/// Takes the record out of the index, and with it its numbers and logs out of the address book.
pub(crate) fn delete(conn: &Connection, id: &str) -> Answer<()> {
    let Some(contact) = get(conn, id)? else {
        return Err(gone("delete_contact"));
    };
    index::forget(conn, &contact.id)?;
    conn.prepare_cached("DELETE FROM people WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Files a record in the index, as the home on record reads its numbers.
pub(crate) fn refile(conn: &Connection, contact: &Contact, now: i64) -> Answer<()> {
    let home = index::home(conn)?.unwrap_or_default();
    index::put(conn, contact, Timestamp(now), &home, Filed::Anyway)
}

/// Every record that can be read, for an index that is made anew.
pub(crate) fn everyone(conn: &Connection, direction: Direction) -> Salvaged {
    let mut found = Vec::new();
    let mut read = || -> Answer<()> {
        let mut ask = conn.prepare(&format!("{COLUMNS} ORDER BY rowid {}", direction.sql()))?;
        for row in ask.query_map([], person)? {
            let contact = with_numbers(conn, row?)?;
            let as_of = contact.updated.unwrap_or_default();
            found.push((contact, as_of));
        }
        Ok(())
    };
    let complete = read().is_ok();
    (found, complete)
}

pub(super) fn must_exist(conn: &Connection, operation: &'static str, id: &str) -> Answer<()> {
    let mut ask = conn.prepare_cached("SELECT 1 FROM people WHERE id = ?1")?;
    if ask.exists([id])? {
        Ok(())
    } else {
        Err(gone(operation))
    }
}

fn is_same(known: &str, raw: &str, home: &Home) -> bool {
    match (read(known, home), read(raw, home)) {
        (Reading::Unreadable(_), _) | (_, Reading::Unreadable(_)) => known.trim() == raw.trim(),
        (known, new) => known == new,
    }
}

fn put_number(conn: &Connection, id: &str, position: i64, number: &StoredNumber) -> Answer<()> {
    conn.prepare_cached("INSERT INTO person_numbers (person, position, label, raw) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id, position, number.label, number.raw])?;
    Ok(())
}

fn person(row: &Row<'_>) -> rusqlite::Result<Contact> {
    Ok(Contact {
        id: reference(&row.get::<_, String>(1)?, &row.get::<_, String>(0)?),
        name: row.get(2)?,
        company: row.get(3)?,
        title: row.get(4)?,
        emails: emails(row.get(5)?, row.get(7)?),
        numbers: Vec::new(),
        region: None,
        url: None,
        created: made(&row.get::<_, String>(0)?),
        updated: Some(Timestamp(row.get(6)?)),
        last_call: None,
    })
}

fn emails(first: Option<String>, more: Option<String>) -> Vec<String> {
    let more: Option<Vec<String>> = more.and_then(|more| decode("e-mail addresses", &more));
    first.into_iter().chain(more.into_iter().flatten()).collect()
}

/// The addresses beside the first one.
pub(super) fn put_more_emails(conn: &Connection, id: &str, emails: &[String]) -> Answer<()> {
    conn.prepare_cached("UPDATE people SET more_emails = ?2 WHERE id = ?1")?
        .execute(params![id, encode(&emails)?])?;
    Ok(())
}

/// Our own ids begin with the time at which they were made.
fn made(id: &str) -> Option<Timestamp> {
    let digits: String = id.chars().filter(char::is_ascii_hexdigit).take(12).collect();
    i64::from_str_radix(&digits, 16).ok().map(Timestamp)
}

fn with_numbers(conn: &Connection, mut contact: Contact) -> Answer<Contact> {
    let mut ask = conn.prepare_cached("SELECT label, raw FROM person_numbers WHERE person = ?1 ORDER BY position")?;
    let rows = ask.query_map([&contact.id.id], |row| {
        Ok(StoredNumber {
            label: row.get(0)?,
            raw: row.get(1)?,
        })
    })?;
    contact.numbers = rows.collect::<rusqlite::Result<_>>()?;
    Ok(contact)
}

fn reference(contact_type: &str, id: &str) -> ContactRef {
    ContactRef {
        connection: ConnectionId::new(ADDRESS_BOOK),
        contact_type: contact_type.to_owned(),
        id: id.to_owned(),
    }
}

fn gone(operation: &'static str) -> Fault {
    Error::new(
        Kind::NotFound,
        operation,
        "this contact is not in the address book any more",
    )
    .into()
}
