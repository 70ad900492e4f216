//! What a connector can do: one table for each operation. A missing operation is something it cannot do.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    auth::Captures,
    request::{Paging, Request, Template},
};

/// The operations of one type, where they differ: `[for.Lead.find_contact]` replaces `[find_contact]` for the type `Lead`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operations {
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
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhoAmI {
    /// The question.
    pub request: Request,
    /// What its answer means.
    #[serde(default)]
    pub answer: Answer,
    /// *Path* of the account's id: the same on every machine, and another for another account of this CRM.
    pub id: String,
    /// *Path* of what a person calls the account: their name there, or the company's.
    pub name: String,
    /// More of it, as `account.NAME`: owner id, portal, zone.
    #[serde(default)]
    pub capture: Captures,
    /// Requests after the first, for facts that lie elsewhere. What they capture as `id` or `name` is the account's.
    #[serde(default)]
    pub more: Vec<ReadStep>,
}

/// A request that only reads, and what is kept of its answer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadStep {
    /// *Expression*: only then.
    pub when: Option<String>,
    /// The question.
    pub request: Request,
    /// What its answer means.
    #[serde(default)]
    pub answer: Answer,
    /// Of the answer's list, the first record in which each *path*'s text equals the *template*'s: what is captured is then read
    /// from that record, and without one nothing is. `{ LINK_OBJECT_ID = "{{ contact.id }}" }`
    #[serde(default)]
    pub pick: BTreeMap<String, Template>,
    /// What is kept of the answer. A value that is not there is left out.
    #[serde(default)]
    pub capture: Captures,
}

/// Find by number. Templates have `forms` (the texts to look for, of this request's chunk), `number.e164`, `number.sig`,
/// `number.national`, `number.international`, `number.digits`, `number.region`, `number.country_code`, `number.extension`, and
/// `type`. Every operation has `param`, `env`, `session`, `account` and `zone` (the CRM's, else the call's or the person's) too.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindContact {
    /// How this CRM compares numbers.
    pub matching: Matching,
    /// How many forms one request asks for.
    #[serde(default)]
    pub batching: Batching,
    /// How many texts one request may look for.
    pub max_terms: Option<usize>,
    /// Which forms this CRM is asked for, in this order: `auto` (all of ours: the user's own, then the automatic ones), `e164`, `sig`, `national`, `international`,
    /// `digits` (E.164 without the plus), or a pattern such as `(###) ###-####`. Without it: `auto` for `exact` and `search`, `sig` otherwise.
    #[serde(default)]
    pub forms: Vec<String>,
    /// With `per_field_form`: the fields, each its own request, as `field`. *Expression* (`type.phone_fields`).
    pub fields: Option<String>,
    /// One request finds all types at once; else every type has its own, at the same time.
    #[serde(default)]
    pub all_types: bool,
    /// Extensions can be looked up too, as `number.extension`.
    #[serde(default)]
    pub knows_extensions: bool,
    /// Who proves that a hit has the number.
    #[serde(default)]
    pub verify: Verify,
    /// The question. Templates have `forms`, or `form` and `field`, as `batching` says.
    pub request: Request,
    /// What its answer means.
    #[serde(default)]
    pub answer: Answer,
    /// What another request adds to each hit.
    pub enrich: Option<Enrich>,
}

/// How this CRM compares numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Matching {
    /// It strips what is not a digit on its side.
    Normalised,
    /// Full text over what was stored.
    Search,
    /// The stored text, letter by letter. The forms that hit before on a connection go first, and the first verified hit ends it.
    Exact,
    /// A pattern with wildcards: the filter `gaps` writes `%415%555%0100`.
    Pattern,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Batching {
    /// All forms in one request, or as few as `max_terms` allows.
    #[default]
    All,
    /// One request for each form, as `form`. As with `exact`, forms that hit before go first and a verified hit ends it.
    PerForm,
    /// One request for each form and each of `fields`, as `form` and `field`.
    PerFieldForm,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verify {
    /// The engine compares the stored numbers again.
    #[default]
    Number,
    /// The CRM returns no numbers: what it found counts as having the number that was asked for, unless `enrich` reads its
    /// numbers. Then they are what it has.
    Trust,
}

/// What an answer means.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// *Path* of the list of records; without it the answer itself, a list or one record.
    pub list: Option<String>,
    /// Statuses that mean "nothing found", whatever the body.
    #[serde(default)]
    pub empty_status: Vec<u16>,
    /// *Path* that must be true too for such a status to mean that: for CRMs that answer a wrong address with the same one.
    pub empty_when: Option<String>,
    /// *Path* that must be true for the answer to be one: for errors inside 200.
    pub ok_when: Option<String>,
    /// *Path* of a record's type, where one answer holds several; its value must be a type's id.
    pub kind: Option<String>,
    /// How its records become contacts, where it differs from the type's.
    pub contact: Option<ContactMap>,
    /// How a list goes on. For `log_fields`; a lookup takes the first page.
    pub paging: Option<Paging>,
}

/// How a record becomes a contact: *paths* on the record. null, false and "" are nothing. `name` or `given` and `family`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactMap {
    /// *Path* of the id. A record without one is left out.
    pub id: Option<String>,
    /// *Path* of the whole name; without it `given` and `family` are joined.
    pub name: Option<String>,
    /// *Path* of the given name.
    pub given: Option<String>,
    /// *Path* of the family name.
    pub family: Option<String>,
    /// *Path* of the company's name.
    pub company: Option<String>,
    /// *Path* of the job title.
    pub title: Option<String>,
    /// *Path* of one address or a list of them.
    pub emails: Option<String>,
    /// Label and *path* of each number: `{ mobile = "properties.mobilephone" }`; a list gives several.
    #[serde(default)]
    pub numbers: BTreeMap<String, String>,
    /// Numbers in a list of records.
    pub number_list: Option<NumberPaths>,
    /// *Path* of a country: `US`, `USA` or `United States`.
    pub country: Option<String>,
    /// *Path* of when it was changed: RFC 3339, `YYYY-MM-DD HH:mm:ss` (UTC), or a unix time in seconds or milliseconds.
    pub updated: Option<String>,
    /// *Path* of when it was made, written in one of the same ways.
    pub created: Option<String>,
    /// *Path* of the record's page, where the answer has it.
    pub url: Option<String>,
    /// Kept for `enrich` and later templates, as `contact.extra.NAME`.
    #[serde(default)]
    pub extra: BTreeMap<String, String>,
}

/// Where numbers lie that are records of their own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberPaths {
    /// *Path* of the list.
    pub list: String,
    /// *Path* of the number in one of its items.
    pub value: String,
    /// *Path* of the label in one of its items.
    pub label: Option<String>,
}

/// A second question for each hit, up to `max`, all at once: for the company's name that the search does not give.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Enrich {
    /// *Expression* over `contact`: only then.
    pub when: Option<String>,
    /// At most so many hits; 5 unless said otherwise, and never more than 50.
    pub max: Option<usize>,
    /// The question for one hit. Templates have `contact`, with `contact.extra`.
    pub request: Request,
    /// What its answer means.
    #[serde(default)]
    pub answer: Answer,
    /// What it adds: only fields that it finds.
    pub contact: ContactMap,
}

/// Find by name. Templates have `query.text`, `query.words`, `query.first`, `query.last`, `query.limit`, and `type`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindWithName {
    /// One request finds all types at once; else every type has its own.
    #[serde(default)]
    pub all_types: bool,
    /// Requests that are made at the same time; a record that several bring is one.
    pub requests: Vec<Request>,
    /// What the answer of each request means.
    #[serde(default)]
    pub answer: Answer,
    /// Hits are kept only if every word of the query is in name, company or e-mail: for CRMs that search one field at a time.
    #[serde(default)]
    pub filter: bool,
    /// What another request adds to each hit.
    pub enrich: Option<Enrich>,
}

/// One record by its id, as `contact.id` and `type`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetContact {
    /// The question.
    pub request: Request,
    /// What its answer means. A record that lies in another, `{ "data": { … } }`, has `list = "data"`.
    #[serde(default)]
    pub answer: Answer,
    /// What another request adds to it.
    pub enrich: Option<Enrich>,
}

/// One step of a write. Templates have what the operation gives them, and `steps.NAME.CAPTURE` of earlier ones.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteStep {
    /// Lower-case letters. The first step of `log_call` that writes is `log`.
    pub name: String,
    /// *Expression*: only then.
    pub when: Option<String>,
    /// Asked first: if it finds a record that `pick` wants, or captures everything that this step captures, the step is done. For a placeholder company, a link that
    /// is there already.
    pub find_first: Option<ReadStep>,
    /// The request.
    pub request: Request,
    /// What its answer means.
    #[serde(default)]
    pub answer: Answer,
    /// What is kept of the answer, as `steps.NAME.CAPTURE`. Captures are texts: `| int` makes a number of one.
    #[serde(default)]
    pub capture: Captures,
}

/// Create a contact. Templates have `draft.name`, `draft.given`, `draft.family` (never empty: the whole name where it does not
/// split), `draft.company`, `draft.title`, `draft.email`, `draft.number` (as this CRM stores it), `draft.e164`, `draft.extra`, and
/// `draft.force` (true: the person wants it although there are records like it, so the CRM need not look for duplicates). What a
/// step other than `create` made after its `find_first` found nothing is remembered for ten minutes: sent again, it is not made twice.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateContact {
    /// The one named `create` must capture `id`, unless `duplicate_id` did.
    pub steps: Vec<WriteStep>,
    /// *Path* of the record that is there already, in an answer that says "duplicate".
    pub duplicate_id: Option<String>,
    /// Where that is a sentence with the id in it: a regular expression that the whole of it must match, and whose first group is
    /// the id. `.*Existing ID: ([0-9]+).*`
    pub duplicate_pattern: Option<String>,
    /// The created record is read back with `get_contact`; else it is made of the draft.
    #[serde(default)]
    pub read_back: bool,
}

/// Add a number to a record. Reads it first with `get_contact`; templates have `contact`, `record` (as read), `number` (as this
/// CRM stores it) and, with `fields`, the first empty one as `field`. None empty: the answer is "no room".
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddNumber {
    /// Names of number fields of the record, in the order in which they are filled: *path* on the record is the name itself.
    #[serde(default)]
    pub fields: Vec<String>,
    /// The request that writes the number.
    pub request: Request,
    /// What its answer means.
    #[serde(default)]
    pub answer: Answer,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoteFormat {
    /// Lines of plain text.
    #[default]
    Text,
    /// The note is made HTML by us, safely.
    Html,
}

/// Log a call, or change a log (`update_log`, with `log.id`).
///
/// Templates have `call`: `start` and `end` (milliseconds since 1970, for the filters of times; `end` is `start` where the duration
/// is not known), `seconds` and `milliseconds` (nothing where not known), `direction` (`in`, `out`), `answered`, `result` (`completed`, `missed`,
/// `declined`, `answered_elsewhere`, `forwarded`, `transferred`, `busy`, `failed`, `unknown`), `outcome` (what the person chose: `connected`, `left_message`,
/// `no_answer`, `busy`, `wrong_number`, `call_back`, or nothing), `number` (the other end's), `line`, `from` and `to`. Also `contact` (`id`, `type`,
/// `name`), `subject`, `note` (the person's), `body` (note, what the call was, and the marker where it lies in the note), `marker`,
/// `fields` (chosen in the dialog), `zone`, `account`, `param`.
///
/// A filter of nothing is nothing, so `$omit_empty` and `$if` do the rest.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogCall {
    /// How `body` is written.
    #[serde(default)]
    pub note: NoteFormat,
    /// The marker has a field of its own; else it is the last line of `body`.
    #[serde(default)]
    pub marker_in_field: bool,
    /// Letters that `body` may have; the person's note is kept whole as far as it fits, and the card says when it was cut.
    pub max_note: Option<usize>,
    /// An update may name another contact.
    #[serde(default)]
    pub moves: bool,
    /// The first one that writes is `log` and captures `log_id`, and `log_url` if there is a page.
    pub steps: Vec<WriteStep>,
    /// *Template* of the log's page, over `log.id`, `contact`, `env`, `account`.
    pub log_url: Option<Template>,
}

/// Logs that bear `marker`: their ids, oldest first. Templates have what `log_call` has: many CRMs can't search notes, but can list
/// what was logged on one contact, or since the call began.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindLog {
    /// The question. It uses `marker`, or `text` says where in a record the marker is.
    pub request: Request,
    /// What its answer means.
    #[serde(default)]
    pub answer: Answer,
    /// *Path* of the id in one record of the list.
    pub id: String,
    /// *Path* of the text that must hold the marker, in one record: for searches that find more.
    pub text: Option<String>,
}

/// A second question about each of the first `max` records of a list of choices, all at once: for lists that hold ids only. A record
/// that is gone, and one for which the answer's list is empty, is no choice.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrichChoice {
    /// At most so many records; 5 unless said otherwise, and never more than 50.
    pub max: Option<usize>,
    /// The question about one record. Templates have `record` beside `contact` and `type`.
    pub request: Request,
    /// What its answer means.
    #[serde(default)]
    pub answer: Answer,
}

/// A choice in the dialog. Templates have `contact` (`id`, `type`).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogFieldSpec {
    /// Templates of `log_call` have it as `fields.NAME`.
    pub name: String,
    /// For people: `Matter`.
    pub label: String,
    /// Nothing is logged without it.
    #[serde(default)]
    pub required: bool,
    /// Only for these types; empty: all.
    #[serde(default)]
    pub types: Vec<String>,
    /// *Template* of the value that is chosen unless the person chooses another one.
    pub default: Option<Template>,
    /// Fixed choices.
    #[serde(default)]
    pub options: Vec<super::OptionSpec>,
    /// Choices that the CRM has.
    pub request: Option<Request>,
    /// What its answer means.
    #[serde(default)]
    pub answer: Answer,
    /// A second question about each record of the list, whose answer stands in the record's place.
    pub enrich: Option<EnrichChoice>,
    /// *Path* of a choice's value and label in one record of the list; `@` where the list is of texts.
    pub value: Option<String>,
    /// *Path* of a choice's name for people; without it the value is shown.
    pub option_label: Option<String>,
    /// The choices differ from contact to contact; else they are asked for once a day.
    #[serde(default)]
    pub per_contact: bool,
}
