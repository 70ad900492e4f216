//! Contacts and calls as files that other programs read, and that Ringside reads back.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and a caller chooses what their name
//! begins with. Such a text gets an apostrophe before it, which spreadsheets do not show, and which our own import takes away.
//! A number stays as it is: a formula of nothing but digits and signs can only come to a number.

use calcard::{
    common::IanaType,
    vcard::{VCard, VCardEntry, VCardParameter, VCardProperty, VCardType, VCardValue, VCardVersion},
};
use ringside_domain::{Contact, journal::CallPage, phone::Reading};
use ringside_engine::view::CallView;
use ringside_ipc::{
    ApiError,
    person::{ExportWhat, SavedFileDto},
};

use crate::app::App;

/// So many are read from the file at once.
const PAGE: usize = 500;

impl App {
    pub(crate) async fn save_export(&self, what: ExportWhat) -> Result<SavedFileDto, ApiError> {
        match what {
            ExportWhat::ContactsCsv => {
                let people = self.everybody().await?;
                let text = contacts_table(&people).map_err(unwritten)?;
                self.save_file("ringside-contacts", "csv", text, people.len()).await
            }
            ExportWhat::ContactsVcard => {
                let people = self.everybody().await?;
                let text = cards(&people).map_err(|_| unwritten(std::io::ErrorKind::Other.into()))?;
                self.save_file("ringside-contacts", "vcf", text.into_bytes(), people.len())
                    .await
            }
            ExportWhat::CallsCsv => {
                let (text, count) = self.calls_table().await?;
                self.save_file("ringside-calls", "csv", text, count).await
            }
        }
    }

    async fn everybody(&self) -> Result<Vec<Contact>, ApiError> {
        let mut people: Vec<Contact> = Vec::new();
        loop {
            let after = people.last().map(|person| person.id.id.clone());
            let page = self.inner.store.people_after(after, PAGE).await?;
            if page.is_empty() {
                return Ok(people);
            }
            people.extend(page);
        }
    }

    async fn calls_table(&self) -> Result<(Vec<u8>, usize), ApiError> {
        let mut table = csv::Writer::from_writer(Vec::new());
        table
            .write_record(CALL_COLUMNS)
            .map_err(|error| unwritten(error.into()))?;
        let mut before = None;
        let mut count = 0;
        loop {
            let page = CallPage {
                before,
                limit: PAGE,
                ..CallPage::default()
            };
            let views = self.inner.engine.calls(page).await?;
            for view in &views {
                table
                    .write_record(call_cells(view))
                    .map_err(|error| unwritten(error.into()))?;
            }
            count += views.len();
            match views.last() {
                Some(last) => before = Some((last.call.started, last.call.id)),
                None => break,
            }
        }
        let text = table.into_inner().map_err(|error| unwritten(error.into_error()))?;
        Ok((text, count))
    }
}

fn unwritten(error: std::io::Error) -> ApiError {
    ApiError::new("internal", format!("the file could not be made: {}", error.kind()))
}

/// Whether a spreadsheet would calculate with a cell: apostrophes before that do not count, as they are taken away one by one.
pub(crate) fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'')
        .starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A text as a cell.
fn cell(text: &str) -> String {
    if is_formula(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// A number as a cell: as it is, so that it can be dialled and sorted, unless there is more to it than digits and signs.
fn number_cell(raw: &str) -> String {
    let plain = raw
        .chars()
        .all(|sign| sign.is_ascii_digit() || " +()-./".contains(sign));
    if plain { raw.to_owned() } else { cell(raw) }
}

pub(crate) fn contacts_table(people: &[Contact]) -> std::io::Result<Vec<u8>> {
    let most = |count: fn(&Contact) -> usize| people.iter().map(count).max().unwrap_or(0).max(1);
    let emails = most(|person| person.emails.len());
    let numbers = most(|person| person.numbers.len());
    let mut table = csv::Writer::from_writer(Vec::new());
    let mut header: Vec<String> = ["Name", "Company", "Job Title"].map(str::to_owned).into();
    header.extend((1..=emails).map(|at| format!("E-mail {at} - Value")));
    header.extend((1..=numbers).flat_map(|at| [format!("Phone {at} - Label"), format!("Phone {at} - Value")]));
    table.write_record(&header)?;
    for person in people {
        // A company has no name of a person: that is how a reader tells it.
        let (name, company) = if person.id.contact_type == "company" {
            (String::new(), Some(person.name.as_str()))
        } else {
            (cell(&person.name), person.company.as_deref())
        };
        let mut row = vec![
            name,
            cell(company.unwrap_or_default()),
            cell(person.title.as_deref().unwrap_or_default()),
        ];
        row.extend((0..emails).map(|at| person.emails.get(at).map(|email| cell(email)).unwrap_or_default()));
        for at in 0..numbers {
            let number = person.numbers.get(at);
            row.push(number.map(|number| cell(&number.label)).unwrap_or_default());
            row.push(number.map(|number| number_cell(&number.raw)).unwrap_or_default());
        }
        table.write_record(&row)?;
    }
    table.into_inner().map_err(|error| error.into_error())
}

/// vCard 3.0, which every address book reads.
pub(crate) fn cards(people: &[Contact]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for person in people {
        card(person).write_to(&mut text, VCardVersion::V3_0)?;
    }
    Ok(text)
}

fn card(person: &Contact) -> VCard {
    let is_company = person.id.contact_type == "company";
    let text =
        |property: VCardProperty, text: &str| VCardEntry::new(property).with_value(VCardValue::Text(text.to_owned()));
    let mut entries = vec![
        text(VCardProperty::Begin, "VCARD"),
        text(VCardProperty::Version, "3.0"),
        text(VCardProperty::Fn, &person.name),
    ];
    if is_company {
        entries.push(text(VCardProperty::Org, &person.name));
        entries.push(text(VCardProperty::Other("X-ABShowAs".to_owned()), "COMPANY"));
    } else {
        entries.extend(person.company.iter().map(|company| text(VCardProperty::Org, company)));
    }
    entries.extend(person.title.iter().map(|title| text(VCardProperty::Title, title)));
    entries.extend(person.emails.iter().map(|email| text(VCardProperty::Email, email)));
    for (number, at) in person.numbers.iter().zip(1..) {
        let entry = text(VCardProperty::Tel, &number.raw);
        match kinds(&number.label) {
            [] => {
                // A word of their own stands beside the number, in the same group, as Apple writes it.
                let group = Some(format!("item{at}"));
                entries.push(entry.with_group(group.clone()));
                let label = VCardProperty::Other("X-ABLabel".to_owned());
                entries.push(text(label, &number.label).with_group(group));
            }
            kinds => entries.push(kinds.iter().fold(entry, |entry, kind| {
                entry.with_param(VCardParameter::typ(IanaType::<_, String>::Iana(kind.clone())))
            })),
        }
    }
    entries.push(text(VCardProperty::End, "VCARD"));
    VCard { entries }
}

fn kinds(label: &str) -> &'static [VCardType] {
    match label {
        "mobile" => &[VCardType::Cell],
        "office" => &[VCardType::Work],
        "home" => &[VCardType::Home],
        "fax" => &[VCardType::Fax],
        "phone" => &[VCardType::Voice],
        _ => &[],
    }
}

const CALL_COLUMNS: [&str; 13] = [
    "Started",
    "Time zone",
    "Direction",
    "State",
    "Number",
    "Name told",
    "Contact",
    "Company",
    "Line",
    "Queue",
    "Seconds talked",
    "Outcome",
    "Note",
];

fn call_cells(view: &CallView) -> Vec<String> {
    let call = &view.call;
    let contact = call.choice.as_ref().map(|choice| &choice.contact);
    let text = |text: Option<&str>| cell(text.unwrap_or_default());
    let number = match &call.remote.reading {
        Reading::Number(number) => number_cell(number.e164()),
        Reading::Extension(extension) => number_cell(extension.as_str()),
        Reading::SipAddress(address) => cell(address.as_str()),
        Reading::Unreadable(unreadable) => number_cell(unreadable.text()),
        Reading::Withheld => String::new(),
    };
    vec![
        crate::time::local(call.started.0, &call.zone),
        call.zone.clone(),
        call.direction.code().to_owned(),
        call.state.code().to_owned(),
        number,
        text(call.remote.display.as_deref()),
        text(contact.map(|contact| contact.name.as_str())),
        text(contact.and_then(|contact| contact.company.as_deref())),
        text(call.line.as_deref()),
        text(call.route.queue.as_deref()),
        call.talked
            .map(|talked| talked.as_secs().to_string())
            .unwrap_or_default(),
        call.outcome
            .map(|outcome| outcome.code().to_owned())
            .unwrap_or_default(),
        cell(&call.note),
    ]
}
