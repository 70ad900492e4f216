//! Fields that a manifest adds: to the login page, to the log of a call, and to a new contact.

use ringside_domain::{
    LogField,
    contact::{FieldOption, FieldSpec},
};
use serde_json::{Map, Value};

use super::value::{decode, encode, flag, list, plain, text};
use crate::parts::KEPT;

/// So many options of one field are offered.
const MAX_OPTIONS: usize = 500;
/// What the vendor's client sends where nobody chose anything; ours leaves the field out.
const NONE: &str = "none";

/// One field of the login page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginField {
    /// Secret ones lie in the keyring under this name, others among the connection's parameters.
    pub name: String,
    pub label: String,
    pub secret: bool,
    pub required: bool,
    /// What it can be; empty: any text.
    pub options: Vec<FieldOption>,
    /// A regular expression of JavaScript's kind that the value must match.
    pub pattern: Option<String>,
    pub description: Option<String>,
}

/// The parameter with the user name in the CRM.
pub(super) const USER_NAME: &str = "username";
/// The parameters of a connection that are ours, and what we keep in the keyring by ourselves, so that a login field of the
/// same name gets another one.
const OURS: [&str; 6] = ["platform", "manifest", "hostname", KEPT[0], KEPT[1], KEPT[2]];

impl LoginField {
    /// The keyring's and the parameters' name of a login field.
    pub(super) fn parameter(name: &str) -> String {
        if OURS.contains(&name) {
            format!("login_{name}")
        } else {
            name.to_owned()
        }
    }

    pub(super) fn api_key() -> Self {
        Self {
            name: "apiKey".to_owned(),
            label: "API key".to_owned(),
            secret: true,
            required: true,
            options: Vec::new(),
            pattern: None,
            description: None,
        }
    }

    /// In which data centre somebody's Bullhorn is, their user name says.
    pub(super) fn user_name(crm: &str) -> Self {
        Self {
            name: USER_NAME.to_owned(),
            label: format!("User name in {crm}"),
            secret: false,
            ..Self::api_key()
        }
    }

    pub(super) fn hostname(crm: &str, options: Vec<FieldOption>) -> Self {
        Self {
            name: "hostname".to_owned(),
            label: format!("Address of {crm}"),
            secret: false,
            ..Self {
                options,
                ..Self::api_key()
            }
        }
    }

    /// `None` for what is no input: buttons and texts, and fields that the account's administrator fills in unseen.
    pub(super) fn read(item: &Value) -> Option<Self> {
        let name = text(item, "const")?;
        let ui = &item["uiSchema"];
        let shown = matches!(
            text(ui, "ui:field"),
            Some("button" | "typography" | "link" | "admonition")
        );
        if shown || (flag(item, "hidden") && flag(item, "managed")) {
            return None;
        }
        // Nothing says which fields are secret. What may be one is treated as one: a secret in the settings file is worse
        // than a user name in the keyring.
        let lower = name.to_lowercase();
        let secret = ["key", "password", "secret", "token", "pin"]
            .iter()
            .any(|word| lower.contains(word))
            || [text(ui, "ui:widget"), text(item, "format")].contains(&Some("password"));
        Some(Self {
            name: Self::parameter(name),
            label: text(item, "title").unwrap_or(name).to_owned(),
            secret,
            required: flag(item, "required"),
            options: options(item),
            pattern: text(item, "pattern").map(str::to_owned),
            description: text(item, "description").map(str::to_owned),
        })
    }

    /// The name that the server knows it by.
    pub(super) fn wire_name(&self) -> &str {
        OURS.iter()
            .find(|ours| self.name == format!("login_{ours}"))
            .map_or(&self.name, |ours| *ours)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// One of the options.
    Choice,
    Text,
    Check,
}

/// One of the manifest's `additionalFields`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    pub label: String,
    pub kind: FieldKind,
    pub required: bool,
    /// The options come with each contact, in its `additionalInfo`.
    pub contact_dependent: bool,
    /// The options come with the type of a new contact.
    pub type_dependent: bool,
    pub options: Vec<FieldOption>,
    pub default: Option<String>,
    /// Only for these contact types; empty means all.
    pub only_types: Vec<String>,
}

impl Field {
    pub(super) fn read_all(items: &[Value], settings: &Value, limit: usize) -> Vec<Self> {
        items
            .iter()
            .filter_map(|item| Self::read(item, settings))
            .take(limit)
            .collect()
    }

    fn read(item: &Value, settings: &Value) -> Option<Self> {
        let kind = match text(item, "type")? {
            "selection" => FieldKind::Choice,
            "checkbox" | "boolean" => FieldKind::Check,
            "inputField" | "string" | "date" => FieldKind::Text,
            // `warning` is a text on the vendor's page, no field.
            _ => return None,
        };
        let name = text(item, "const")?;
        let default = item
            .get("defaultValue")
            .or_else(|| setting(settings, text(item, "defaultSettingId")?));
        Some(Self {
            name: name.to_owned(),
            label: text(item, "title").unwrap_or(name).to_owned(),
            kind,
            required: flag(item, "required"),
            contact_dependent: flag(item, "contactDependent"),
            type_dependent: flag(item, "contactTypeDependent"),
            options: options(item),
            default: default.and_then(encode),
            only_types: list(item, "showIfContactType")
                .iter()
                .filter_map(|one| Some(one.as_str()?.to_owned()))
                .collect(),
        })
    }

    fn is_for(&self, contact_type: &str) -> bool {
        self.only_types.is_empty()
            || self
                .only_types
                .iter()
                .any(|only| only.eq_ignore_ascii_case(contact_type))
    }

    /// The field for a call with one contact. `None`: this contact has nothing to choose from, so it is not asked, as in the
    /// vendor's client.
    pub(super) fn for_log(&self, contact_type: &str, additional: &Map<String, Value>) -> Option<LogField> {
        if !self.is_for(contact_type) {
            return None;
        }
        let own = additional.get(&self.name).and_then(Value::as_array);
        let options = match (self.kind, own) {
            (FieldKind::Text, _) => Vec::new(),
            (FieldKind::Check, _) => checks(),
            (FieldKind::Choice, Some(own)) => own.iter().filter_map(option).take(MAX_OPTIONS).collect(),
            (FieldKind::Choice, None) if self.contact_dependent => return None,
            (FieldKind::Choice, None) => self.options.clone(),
        };
        if self.kind == FieldKind::Choice && options.is_empty() {
            return None;
        }
        let default = match self.kind {
            FieldKind::Text => self.default.as_deref().map(|default| plain(default).to_owned()),
            FieldKind::Choice | FieldKind::Check => self
                .default
                .clone()
                .filter(|wanted| options.iter().any(|option| option.value == *wanted)),
        };
        Some(LogField {
            name: self.name.clone(),
            label: self.label.clone(),
            required: self.required,
            default,
            options,
            failed: None,
        })
    }

    /// The same where the contact's own choices could not be asked for, and why.
    pub(super) fn unasked(&self, contact_type: &str, why: &str) -> Option<LogField> {
        self.is_for(contact_type).then(|| LogField {
            name: self.name.clone(),
            label: self.label.clone(),
            required: self.required,
            default: None,
            options: Vec::new(),
            failed: Some(why.to_owned()),
        })
    }

    /// The field for a new contact of one type. `learned` holds the options of this type that the server told.
    pub(super) fn for_contact(&self, contact_type: &str, learned: &Map<String, Value>) -> Option<FieldSpec> {
        let told = learned
            .get(contact_type)
            .and_then(|of_type| of_type.get(&self.name))
            .and_then(Value::as_array);
        self.is_for(contact_type).then(|| FieldSpec {
            name: self.name.clone(),
            label: self.label.clone(),
            required: self.required,
            options: match (self.kind, told) {
                (FieldKind::Text, _) => Vec::new(),
                (FieldKind::Check, _) => checks(),
                (FieldKind::Choice, Some(told)) => told.iter().filter_map(option).take(MAX_OPTIONS).collect(),
                (FieldKind::Choice, None) => self.options.clone(),
            },
        })
    }

    /// What a person chose, as the server wants it. `None`: nothing was chosen.
    pub(super) fn submitted(&self, chosen: &str) -> Option<Value> {
        match self.kind {
            _ if chosen.is_empty() => None,
            FieldKind::Text => Some(Value::String(chosen.to_owned())),
            FieldKind::Choice | FieldKind::Check => Some(decode(chosen)).filter(|value| *value != NONE),
        }
    }
}

fn checks() -> Vec<FieldOption> {
    [("true", "Yes"), ("false", "No")]
        .map(|(value, label)| FieldOption {
            value: value.to_owned(),
            label: label.to_owned(),
        })
        .to_vec()
}

fn options(item: &Value) -> Vec<FieldOption> {
    let all = if item["options"].is_array() {
        "options"
    } else {
        "selections"
    };
    list(item, all).iter().filter_map(option).take(MAX_OPTIONS).collect()
}

/// `{const, title, description?}`; the description tells two options of one title apart.
fn option(item: &Value) -> Option<FieldOption> {
    let value = encode(item.get("const")?)?;
    let title = item.get("title").and_then(encode);
    let title = plain(title.as_ref().unwrap_or(&value)).to_owned();
    let label = match text(item, "description") {
        Some(more) => format!("{title} ({more})"),
        None => title,
    };
    Some(FieldOption { value, label })
}

/// The default of one of the manifest's settings, which lie in sections.
fn setting<'a>(settings: &'a Value, id: &str) -> Option<&'a Value> {
    settings.as_array()?.iter().find_map(|item| {
        if text(item, "id") == Some(id) {
            item.get("defaultValue")
        } else {
            setting(item.get("items")?, id)
        }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::parts::{SESSION, secret_name};

    #[test]
    fn a_login_field_never_lies_where_our_session_lies() {
        for name in ["jwt", "oauth", "oauth-places", "platform"] {
            let item = json!({ "const": name, "title": "Access token", "type": "string" });
            let field = LoginField::read(&item).unwrap();
            assert_eq!(
                (field.name.as_str(), field.wire_name()),
                (format!("login_{name}").as_str(), name)
            );
            let connection = ringside_domain::ConnectionId::new("crm");
            assert_ne!(secret_name(&connection, &field.name), secret_name(&connection, SESSION));
        }
        let plain = LoginField::read(&json!({ "const": "userToken", "type": "string" })).unwrap();
        assert_eq!((plain.name.as_str(), plain.wire_name()), ("userToken", "userToken"));
    }
}
