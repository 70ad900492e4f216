//! Fields that a manifest adds to the log of a call, and to a new contact.

use ringside_domain::{
    LogField,
    contact::{FieldOption, FieldSpec},
};
use serde_json::{Map, Value};

use super::{
    account_data::AccountChoices,
    settings::Setting,
    value::{decode, encode, flag, list, plain, text},
};

/// So many options of one field are offered.
const MAX_OPTIONS: usize = 500;
/// What the vendor's client sends where nobody chose anything; ours leaves the field out.
const NONE: &str = "none";

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
    pub preset: Preset,
    /// Whether nothing may be chosen.
    pub may_be_none: bool,
    /// Where the choices lie that are the same for a whole company.
    pub account: Option<AccountChoices>,
    /// Only for these contact types; empty means all.
    pub only_types: Vec<String>,
}

/// What counts where nobody chose. Some differ by the direction of the call, which is not known where the choices are shown:
/// those have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preset {
    /// The settings that say it for incoming and for outgoing calls.
    settings: [Option<String>; 2],
    /// What holds where the person never set them.
    manifest: [Option<Value>; 2],
}

impl Field {
    pub(super) fn read_all(items: &[Value], settings: &[Setting], limit: usize) -> Vec<Self> {
        items
            .iter()
            .filter_map(|item| Self::read(item, settings))
            .take(limit)
            .collect()
    }

    fn read(item: &Value, settings: &[Setting]) -> Option<Self> {
        let kind = match text(item, "type")? {
            "selection" => FieldKind::Choice,
            "checkbox" | "boolean" => FieldKind::Check,
            "inputField" | "string" | "date" => FieldKind::Text,
            // `warning` is a text on the vendor's page, no field.
            _ => return None,
        };
        let name = text(item, "const")?;
        Some(Self {
            name: name.to_owned(),
            label: text(item, "title").unwrap_or(name).to_owned(),
            kind,
            required: flag(item, "required"),
            contact_dependent: flag(item, "contactDependent"),
            type_dependent: flag(item, "contactTypeDependent"),
            options: options(item),
            preset: Preset::read(item, settings),
            may_be_none: item.get("includeNoneOption") != Some(&Value::Bool(false)),
            account: AccountChoices::read(item),
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

    /// Whether its choices come with each contact. Some do that are the same for all of them: a note's action, a category.
    pub(super) fn comes_with_contact(&self) -> bool {
        self.kind == FieldKind::Choice && (self.contact_dependent || self.options.is_empty())
    }

    /// Whether its choices have to be known to tell what counts where nobody chose.
    pub(super) fn presets_a_choice(&self, own: &Map<String, Value>) -> bool {
        self.kind == FieldKind::Choice && (!self.may_be_none || self.preset.value(own).is_some())
    }

    /// The field for a call with one contact, whose choices are `additional`; `own` is what the person set. `None`: this
    /// contact has nothing to choose from, so it is not asked, as in the vendor's client.
    pub(super) fn for_log(
        &self,
        contact_type: &str,
        additional: &Map<String, Value>,
        own: &Map<String, Value>,
    ) -> Option<LogField> {
        if !self.is_for(contact_type) {
            return None;
        }
        let told = additional.get(&self.name).and_then(Value::as_array);
        let mut options = match (self.kind, told) {
            (FieldKind::Text, _) => Vec::new(),
            (FieldKind::Check, _) => checks(),
            (FieldKind::Choice, Some(told)) => told.iter().filter_map(option).take(MAX_OPTIONS).collect(),
            (FieldKind::Choice, None) if self.contact_dependent => return None,
            (FieldKind::Choice, None) => self.options.clone(),
        };
        if self.kind == FieldKind::Choice && options.is_empty() {
            return None;
        }
        let default = self.preset(&options, own);
        // Where something counts unless it is changed, nothing has to be a choice of its own.
        let none = self.kind == FieldKind::Choice && default.is_some() && self.may_be_none && !self.required;
        if none && options.iter().all(|option| option.value != NONE) {
            options.push(FieldOption {
                value: NONE.to_owned(),
                label: "None".to_owned(),
            });
        }
        Some(LogField {
            name: self.name.clone(),
            label: self.label.clone(),
            required: self.required,
            typed: self.kind == FieldKind::Text,
            default,
            options,
            failed: None,
        })
    }

    fn preset(&self, options: &[FieldOption], own: &Map<String, Value>) -> Option<String> {
        let wanted = self.preset.value(own).and_then(encode);
        match self.kind {
            FieldKind::Text => wanted.map(|wanted| plain(&wanted).to_owned()),
            FieldKind::Check => wanted.filter(|wanted| options.iter().any(|option| option.value == *wanted)),
            FieldKind::Choice => {
                let same = |option: &&FieldOption| {
                    wanted
                        .as_ref()
                        .is_some_and(|wanted| alike(plain(&option.value), plain(wanted)))
                };
                let first = options.first().filter(|_| !self.may_be_none);
                let counts = options.iter().find(same).or(first);
                counts.map(|option| option.value.clone())
            }
        }
    }

    /// The same where the contact's own choices could not be asked for, and why.
    pub(super) fn unasked(&self, contact_type: &str, why: &str) -> Option<LogField> {
        self.is_for(contact_type).then(|| LogField {
            name: self.name.clone(),
            label: self.label.clone(),
            required: self.required,
            typed: self.kind == FieldKind::Text,
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

impl Preset {
    fn read(item: &Value, settings: &[Setting]) -> Self {
        let setting = |id: &str| settings.iter().find(|setting| setting.id == id);
        // Written out by direction; older manifests name one setting for both.
        let older = text(item, "defaultSettingId").filter(|id| setting(id).is_some());
        let ids = ["inboundCall", "outboundCall"]
            .map(|direction| text(&item["defaultSettingValues"][direction], "settingId").or(older));
        let own = item.get("defaultValue");
        Self {
            settings: ids.map(|id| id.map(str::to_owned)),
            manifest: ids.map(|id| own.or_else(|| setting(id?)?.default.as_ref()).cloned()),
        }
    }

    /// The person's own word goes before the manifest's.
    fn value<'a>(&'a self, own: &'a Map<String, Value>) -> Option<&'a Value> {
        let says = |value: &&Value| encode(value).is_some();
        let [incoming, outgoing] = [0, 1].map(|direction| {
            let set = self.settings[direction].as_ref().and_then(|id| own.get(id));
            set.filter(says).or(self.manifest[direction].as_ref()).filter(says)
        });
        let same = |one: &&Value| {
            let [one, other] = [Some(*one), outgoing].map(|value| value.and_then(encode).unwrap_or_default());
            alike(&one, &other)
        };
        incoming.filter(same)
    }

    pub(super) fn depends_on_settings(&self) -> bool {
        self.settings.iter().any(Option::is_some)
    }
}

/// Settings that are typed name a choice regardless of case and blanks, as Bullhorn's connector compares its actions.
fn alike(one: &str, other: &str) -> bool {
    let letters = |text: &str| -> String {
        let letters = text.chars().filter(|letter| !letter.is_whitespace());
        letters.flat_map(char::to_lowercase).collect()
    };
    letters(one) == letters(other)
}

pub(super) fn checks() -> Vec<FieldOption> {
    [("true", "Yes"), ("false", "No")]
        .map(|(value, label)| FieldOption {
            value: value.to_owned(),
            label: label.to_owned(),
        })
        .to_vec()
}

pub(super) fn options(item: &Value) -> Vec<FieldOption> {
    options_named(item, "const", "title")
}

/// The options of fields and of settings differ in the names of their members only.
pub(super) fn options_named(item: &Value, value: &str, title: &str) -> Vec<FieldOption> {
    let all = if item["options"].is_array() {
        "options"
    } else {
        "selections"
    };
    let options = list(item, all).iter();
    options
        .filter_map(|item| option_named(item, value, title))
        .take(MAX_OPTIONS)
        .collect()
}

fn option(item: &Value) -> Option<FieldOption> {
    option_named(item, "const", "title")
}

/// `{const, title, description?}`; the description tells two options of one title apart.
fn option_named(item: &Value, value: &str, title: &str) -> Option<FieldOption> {
    let value = encode(item.get(value)?)?;
    let title = item.get(title).and_then(encode);
    let title = plain(title.as_ref().unwrap_or(&value)).to_owned();
    let label = match text(item, "description") {
        Some(more) => format!("{title} ({more})"),
        None => title,
    };
    Some(FieldOption { value, label })
}
