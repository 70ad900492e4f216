//! A draft is checked against its contact type before its connector is called: what is missing is said at the field, at
//! once, and not as the CRM's own words after a round trip. Then it is made ready: one policy for names, whoever typed it where.

use ringside_domain::{
    ContactDraft, ContactType, Error, Kind, Result, connector::ConnectorInfo, contact::FieldSpec, name,
};

/// The longest text of one field, in bytes.
const MAX_FIELD_BYTES: usize = 1_000;
/// A connector's own field may be a text of several lines.
const MAX_EXTRA_BYTES: usize = 10_000;
const MAX_EXTRA: usize = 50;

/// Whether the connector can be asked to create this.
///
/// # Errors
/// [`Kind::Invalid`] with the field that is missing, too long, unknown, or not one of its choices.
pub fn check(draft: &ContactDraft, info: &ConnectorInfo) -> Result<()> {
    let kind = info.types.iter().find(|kind| kind.id == draft.contact_type);
    let kind = kind.filter(|kind| kind.creatable).ok_or_else(|| {
        let creatable = info.types.iter().filter(|kind| kind.creatable);
        let labels: Vec<&str> = creatable.map(|kind| kind.id.as_str()).collect();
        refused(
            "contact_type",
            format!("{} cannot create contacts of this type", info.name),
        )
        .hint(if labels.is_empty() {
            "Choose another connection".to_owned()
        } else {
            format!("It can create: {}", labels.join(", "))
        })
    })?;
    if draft.name.trim().is_empty() {
        return Err(refused("name", "The name is missing".to_owned()));
    }
    let own = [
        ("name", Some(draft.name.as_str())),
        ("given", draft.given.as_deref()),
        ("family", draft.family.as_deref()),
        ("company", draft.company.as_deref()),
        ("title", draft.title.as_deref()),
        ("email", draft.email.as_deref()),
        ("phone", draft.number.as_deref()),
    ];
    for (name, value) in own {
        not_longer(name, label(kind, name), value.unwrap_or_default(), MAX_FIELD_BYTES)?;
    }
    if draft.extra.len() > MAX_EXTRA {
        return Err(refused(
            "extra",
            format!("A contact has at most {MAX_EXTRA} fields of its own"),
        ));
    }
    for (name, value) in &draft.extra {
        if !kind.fields.iter().any(|field| field.name == *name) {
            let known: Vec<&str> = kind.fields.iter().map(|field| field.name.as_str()).collect();
            let error = refused(name, format!("{} has no such field in {}", kind.label, info.name));
            return Err(error.hint(format!("It has: {}", known.join(", "))));
        }
        not_longer(name, label(kind, name), value, MAX_EXTRA_BYTES)?;
    }
    kind.fields
        .iter()
        .try_for_each(|field| filled(field, value(draft, &field.name)))
}

/// The draft as it goes to its connector: with its type as that lists it by now, without blanks around, a person's name in
/// the order in which it is said, and split where nobody split it by hand. `force`: the person wants it although there are records like it.
pub fn ready(draft: ContactDraft, info: &ConnectorInfo, force: bool) -> ContactDraft {
    let trimmed = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let kind = listed(&info.types, &draft.contact_type);
    let (mut given, mut family) = (trimmed(draft.given), trimmed(draft.family));
    let mut whole = draft.name.trim().to_owned();
    if kind.is_some_and(|kind| !kind.is_company) {
        if given.is_none() && family.is_none() {
            (given, family) = name::split(&whole);
        }
        whole = name::spoken(&whole);
    }
    ContactDraft {
        contact_type: kind.map_or(draft.contact_type, |kind| kind.id.clone()),
        name: whole,
        given,
        family,
        company: trimmed(draft.company),
        title: trimmed(draft.title),
        email: trimmed(draft.email),
        force,
        ..draft
    }
}

/// The type that goes by this id. A connector may learn to write its types in another case, while a form is open or since a
/// script was written.
pub(crate) fn listed<'a>(types: &'a [ContactType], id: &str) -> Option<&'a ContactType> {
    let alike = || types.iter().find(|kind| kind.id.eq_ignore_ascii_case(id));
    types.iter().find(|kind| kind.id == id).or_else(alike)
}

fn filled(field: &FieldSpec, value: &str) -> Result<()> {
    if value.is_empty() && field.required {
        return Err(refused(&field.name, format!("{} is missing", field.label)).hint("Fill it in, then create again"));
    }
    let offered = || field.options.iter().any(|option| option.value == value);
    if value.is_empty() || field.options.is_empty() || offered() {
        return Ok(());
    }
    let offers: Vec<&str> = field
        .options
        .iter()
        .take(20)
        .map(|option| option.value.as_str())
        .collect();
    let error = refused(&field.name, format!("{} is none of its choices", field.label));
    Err(error.hint(format!("Choose one of: {}", offers.join(", "))))
}

fn value<'a>(draft: &'a ContactDraft, name: &str) -> &'a str {
    let own = match name {
        "name" => Some(draft.name.as_str()),
        "given" => draft.given.as_deref(),
        "family" => draft.family.as_deref(),
        "company" => draft.company.as_deref(),
        "title" => draft.title.as_deref(),
        "email" => draft.email.as_deref(),
        "phone" => draft.number.as_deref(),
        _ => None,
    };
    let extra = || draft.extra.iter().rev().find(|(known, _)| known == name);
    own.or_else(|| extra().map(|(_, value)| value.as_str()))
        .unwrap_or_default()
        .trim()
}

fn not_longer(name: &str, label: &str, value: &str, most: usize) -> Result<()> {
    if value.len() <= most {
        return Ok(());
    }
    Err(refused(name, format!("{label} is longer than {most} bytes")))
}

fn label<'a>(kind: &'a ContactType, name: &'a str) -> &'a str {
    let known = kind.fields.iter().find(|field| field.name == name);
    known.map_or(name, |field| field.label.as_str())
}

fn refused(field: &str, words: String) -> Error {
    Error::new(Kind::Invalid, "create_contact", words).field(field)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ringside_domain::{ConnectionId, contact::FieldOption};

    use super::*;

    fn info() -> ConnectorInfo {
        let field = |name: &str, required, options: &[&str]| FieldSpec {
            name: name.into(),
            label: name.to_uppercase(),
            required,
            options: options
                .iter()
                .map(|value| FieldOption {
                    value: (*value).into(),
                    label: (*value).into(),
                })
                .collect(),
        };
        let kind = |id: &str, creatable, fields| ContactType {
            id: id.into(),
            label: id.into(),
            is_company: false,
            creatable,
            fields,
        };
        let fields = vec![
            field("company", true, &[]),
            field("status", true, &["New", "Old"]),
            field("remark", false, &[]),
        ];
        ConnectorInfo {
            connection: ConnectionId::new("crm"),
            name: "Test CRM".into(),
            types: vec![kind("lead", true, fields), kind("client", false, Vec::new())],
        }
    }

    fn draft() -> ContactDraft {
        ContactDraft {
            connection: ConnectionId::new("crm"),
            contact_type: "lead".into(),
            name: "Anna Meier".into(),
            given: None,
            family: None,
            company: Some("Acme".into()),
            title: None,
            email: None,
            number: None,
            extra: vec![("status".into(), "New".into())],
            force: false,
        }
    }

    fn field_of(draft: &ContactDraft) -> Option<String> {
        let error = check(draft, &info()).unwrap_err();
        assert_eq!(error.kind, Kind::Invalid);
        error.field
    }

    #[test]
    fn what_is_whole_passes() {
        check(&draft(), &info()).unwrap();
    }

    /// A server learned to write its types in another way while the form was open, or since a script was written.
    #[test]
    fn a_type_is_taken_in_any_case_and_sent_as_it_is_listed() {
        let mut info = info();
        info.types[0].id = "Lead".into();
        let asked = ready(draft(), &info, false);
        assert_eq!(asked.contact_type, "Lead");
        check(&asked, &info).unwrap();
        assert_eq!(
            (asked.given.as_deref(), asked.family.as_deref()),
            (Some("Anna"), Some("Meier"))
        );
        // Of two that differ in nothing else, the very one.
        let mut both = info.types[0].clone();
        both.id = "lead".into();
        info.types.push(both);
        assert_eq!(ready(draft(), &info, false).contact_type, "lead");
        let unknown = ContactDraft {
            contact_type: "nothing".into(),
            ..draft()
        };
        assert_eq!(ready(unknown, &info, false).contact_type, "nothing");
    }

    #[test]
    fn what_is_wrong_is_said_at_its_field() {
        let extra = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        type Spoil = fn(&mut ContactDraft);
        let spoiled: [(&str, Spoil); 8] = [
            ("contact_type", |draft| draft.contact_type = "client".into()),
            ("contact_type", |draft| draft.contact_type = "nothing".into()),
            ("name", |draft| draft.name = "  ".into()),
            ("name", |draft| draft.name = "x".repeat(1_001)),
            ("company", |draft| draft.company = None),
            ("company", |draft| draft.company = Some(" ".into())),
            ("status", |draft| draft.extra.clear()),
            ("phone", |draft| draft.number = Some("0".repeat(1_001))),
        ];
        for (field, spoil) in spoiled {
            let mut draft = draft();
            spoil(&mut draft);
            assert_eq!(field_of(&draft).as_deref(), Some(field));
        }
        for (name, value) in [
            ("status", "Nearly new"),
            ("colour", "red"),
            ("remark", &"x".repeat(10_001)),
        ] {
            let mut draft = draft();
            draft.extra.push(extra(name, value));
            assert_eq!(field_of(&draft).as_deref(), Some(name));
        }
        let mut many = draft();
        many.extra.extend((0..60).map(|_| extra("remark", "x")));
        assert_eq!(field_of(&many).as_deref(), Some("extra"));
    }
}
