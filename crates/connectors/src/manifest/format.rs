//! The manifest: what a connector's file can say.
//!
//! These types *are* the format: `serde` reads the TOML into them, unknown names are refused with their place in the file,
//! and the JSON Schema that editors use is made from them and their comments. `docs/connector-guide.md` explains them by
//! example. A text marked *template* may hold `{{ … }}`; one marked *path* is JMESPath on the answer.

mod auth;
mod example;
mod operation;
mod request;
mod rules;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

pub use self::{
    auth::{Auth, Captures, ClientKind, Discover, Grants, OAuth2, Pkce, SessionStep, SetAuth},
    example::{CallInput, ContactInput, DraftInput, Example, Exchange, ExpectedContact, ExpectedError},
    operation::{
        AddNumber, Answer, Batching, ContactMap, CreateContact, Enrich, EnrichChoice, FindContact, FindLog,
        FindWithName, GetContact, LogCall, LogFieldSpec, Matching, NoteFormat, NumberPaths, Operations, ReadStep,
        Verify, WhoAmI, WriteStep,
    },
    request::{GraphQl, Paging, QueryValue, Request, Template, Tree, Verb},
    rules::{Budget, ErrorRule, Errors, FieldErrors, Then},
};

/// The layout that this version reads. A newer one is refused.
pub const LAYOUT: u32 = 1;

/// One connector: everything Ringside knows about one kind of CRM.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The layout of the file: 1.
    pub schema: u32,
    /// Lower-case letters, digits and hyphens: `hubspot`. The name in `config.toml`.
    pub id: String,
    /// For people: `HubSpot`.
    pub name: String,
    /// The file's own version, for people.
    pub version: String,
    /// The vendor's documentation of the API.
    pub docs: String,
    /// What a person or their admin must have or do first: plan, role, a key and where to make it. Shown on the form.
    #[serde(default)]
    pub needs: Vec<String>,
    /// What it cannot do, or only slowly. Shown on the form.
    #[serde(default)]
    pub limits: Vec<String>,
    /// On what it was proved.
    pub evidence: Evidence,
    /// Hosts that requests may go to, besides the address that the person typed: `api.hubapi.com`, `*.example.com` (below
    /// a registrable domain only). https on 443.
    #[serde(default)]
    pub allowed_hosts: Vec<String>,
    /// Where the CRM is.
    pub environment: Environment,
    /// What the person fills in, in this order.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// How requests prove whose they are.
    #[serde(default)]
    pub auth: Auth,
    /// How numbers are written into this CRM; without it as E.164.
    #[serde(default)]
    pub number: NumberFormat,
    /// In which zone the CRM wants local times: *template* of an IANA name (`{{ account.zone }}`). Empty or unknown: the
    /// zone in which the call began.
    pub zone: Option<Template>,
    /// The kinds of records that can call, in the order in which they are asked for.
    pub types: Vec<Type>,
    /// How a record of this CRM becomes a contact. A type, and an operation, may have its own.
    pub contact: Option<ContactMap>,
    /// Who am I: signs in for the connection test, and gives `account.*`.
    pub whoami: Option<WhoAmI>,
    /// Who has this number.
    pub find_contact: Option<FindContact>,
    /// Who is called so.
    pub find_contact_with_name: Option<FindWithName>,
    /// One record as it is now.
    pub get_contact: Option<GetContact>,
    /// Make a record of one type.
    pub create_contact: Option<CreateContact>,
    /// Give a record one more number.
    pub add_number: Option<AddNumber>,
    /// Write a call to a record.
    pub log_call: Option<LogCall>,
    /// Change a log that was written. The same shape as `log_call`, and `log.id` besides.
    pub update_log: Option<LogCall>,
    /// Find a log again whose answer was lost.
    pub find_log: Option<FindLog>,
    /// What the dialog asks about a call with a contact of this CRM.
    #[serde(default)]
    pub log_fields: Vec<LogFieldSpec>,
    /// Operations of single types that differ: `[for.Lead.find_contact]`.
    #[serde(default, rename = "for")]
    pub by_type: BTreeMap<String, Operations>,
    /// How this CRM says no.
    #[serde(default)]
    pub errors: Errors,
    /// How fast we ask: `default`, and others by name that requests choose with `budget`.
    #[serde(default)]
    pub budgets: BTreeMap<String, Budget>,
    /// Seconds after a write in which searches may not show it yet.
    #[serde(default)]
    pub search_lag: u32,
    /// This CRM's answers hold HTML entities in plain texts (`O&#039;Brien`): they are read as the signs that they stand for.
    #[serde(default)]
    pub html_entities: bool,
    /// Offline cases that `ringside connector check` runs.
    #[serde(default)]
    pub examples: Vec<Example>,
}

/// On what a connector was proved.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// What kind of proof it is.
    pub kind: EvidenceKind,
    /// In a sentence: which server and version, which specification.
    pub note: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// It ran against the real thing.
    RealServer,
    /// Its requests were checked against the vendor's own machine-readable specification.
    Specification,
    /// It was written from the vendor's documentation and ran against nothing real.
    Documentation,
}

/// Where the CRM is. Exactly one of `base`, `choices` and `typed`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// One address for everybody: `https://api.hubapi.com`. Templates have it as `env.base`.
    pub base: Option<String>,
    /// The person chooses: a region, a data centre.
    #[serde(default)]
    pub choices: Vec<EnvironmentChoice>,
    /// The person types their server's address.
    pub typed: Option<TypedEnvironment>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentChoice {
    /// What settings name it by: `eu`.
    pub id: String,
    /// What the person chooses: `Europe`.
    pub label: String,
    /// Its address: `https://eu.api.example.com`.
    pub base: String,
    /// More that differs, as `env.NAME`.
    #[serde(default)]
    pub vars: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TypedEnvironment {
    /// What stands beside the field: `Your Acme address`.
    pub title: String,
    /// An example of an address; examples of this file use it.
    pub placeholder: Option<String>,
    /// A sentence below the field.
    pub help: Option<String>,
    /// A regular expression that the typed host must match as a whole, in lower case: `(?<company>[a-z0-9-]+)\.pipedrive\.com`.
    /// Its named groups are `env.NAME`. Without it any host will do: a server of one's own.
    pub pattern: Option<String>,
    /// *Template* of the base address from `env.origin` (`https://crm.example.com:8443`), `env.host`, `env.path` (what was
    /// typed behind the host, no slash at its end) and the pattern's groups.
    pub base: Template,
}

/// Something the person fills in when connecting.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Templates have it as `param.NAME`; a secret one as `secret.NAME`, in `auth` only.
    pub name: String,
    /// What stands beside it: `API key`.
    pub title: String,
    /// What can be filled in.
    pub kind: ParameterKind,
    /// A sentence below it: where the person finds it.
    pub help: Option<String>,
    /// An example in the empty field.
    pub placeholder: Option<String>,
    /// Without it there is no connection.
    #[serde(default = "yes")]
    pub required: bool,
    /// What it is unless the person fills in something else; no secret has one.
    pub default: Option<String>,
    /// A regular expression that the whole value must match.
    pub pattern: Option<String>,
    /// For `choice`.
    #[serde(default)]
    pub options: Vec<OptionSpec>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParameterKind {
    /// One line of text.
    Text,
    /// Goes to the keyring and nowhere else.
    Secret,
    /// One of `options`.
    Choice,
    /// Yes or no.
    Bool,
    /// A whole number.
    Int,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionSpec {
    /// What templates have.
    pub value: String,
    /// What the person sees.
    pub label: String,
}

/// How this CRM stores numbers.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberFormat {
    /// `e164`, `national`, `international`, `digits` (without the plus), `sig` (national digits without trunk zero), or a
    /// pattern such as `(###) ###-####`. What can't be written so is stored as E.164.
    pub store: Option<String>,
}

/// A kind of record that a call can be about.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Type {
    /// The CRM's own name: `Candidate`. Templates have it as `type.id`.
    pub id: String,
    /// For people: `Candidate`.
    pub label: String,
    /// Its records are companies, not people.
    #[serde(default)]
    pub is_company: bool,
    /// Whether a person may create one here; needs `create_contact`.
    #[serde(default = "yes")]
    pub creatable: bool,
    /// What the dialog asks for besides name and number.
    #[serde(default)]
    pub fields: Vec<TypeField>,
    /// More that differs, as `type.NAME`: an entity's name, the list of its phone fields.
    #[serde(default)]
    pub vars: BTreeMap<String, Tree>,
    /// How a record of this type becomes a contact, where it differs.
    pub contact: Option<ContactMap>,
    /// *Template* of the record's page, over `contact.id`, `env`, `account`, `session`, `param`. https and allowed hosts only.
    pub record_url: Option<Template>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TypeField {
    /// `company`, `title` and `email` are Ringside's own; another name is `draft.extra.NAME`.
    pub name: String,
    /// For people: `Source`.
    pub label: String,
    /// The CRM takes no record without it.
    #[serde(default)]
    pub required: bool,
    /// Fixed choices; without them anything can be typed.
    #[serde(default)]
    pub options: Vec<OptionSpec>,
}

const fn yes() -> bool {
    true
}
