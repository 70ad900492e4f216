//! Requests: trees of templates.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// A text that may hold `{{ … }}`: an expression of Jinja, with these filters and no others. Control blocks (`{% … %}`) and
/// methods are not part of the format. Filters give nothing for nothing.
///
/// - numbers: `digits`, `sig`, `e164`, `national`, `international`, `last(n)`, `gaps` (`%202%555%0100`; `gaps('*')`), `like`
/// - times (milliseconds since 1970): `iso` (UTC), `iso(zone)`, `date('%Y-%m-%d', zone)`, `epoch_s`, `epoch_ms`
/// - durations (seconds): `minutes('ceil'|'floor'|'round'|'float')`, `hours`, `hms`, `mmss`
/// - texts: `lower`, `upper`, `trim`, `trim_to(n)`, `strip('-. ')`, `replace(a, b)`, `first_word`, `rest_words`, `html`, `base64`,
///   `matched('rest([0-9]+)')` (a regular expression's first group)
/// - values: `default(x)` (also for "" and none), `map({"in": "Inbound"}, otherwise)`, `int`, `float`, `round`, `abs`, `string`,
///   `json`, `first`, `last`, `list`, `length`, `join(', ')`
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Template(pub String);

/// A tree whose texts are templates, in keys too. A text that is exactly one `{{ … }}` keeps its value's type, so numbers stay
/// numbers. What it makes is a JSON value, never text: nothing in a value can break out of it.
///
/// A table with one of these keys is a directive:
/// - `{ "$each" = "NAME in EXPRESSION", "$do" = TREE }`: the tree once for each item; inside a list its items are spliced in.
/// - `{ "$if" = "EXPRESSION", "$then" = TREE, "$else" = TREE }`: without `$else` the key or item is left out.
/// - `{ "$omit_empty" = TREE }`: without members that are null, `""`, `[]` or `{}`.
/// - `{ "$query" = "LANGUAGE", "template" = "…" }`: a text in a query language; every value in it is escaped for it. Languages:
///   `soql`, `sosl`, `suiteql`, `coql`, `vtql`, `odata`, `lucene`, `zendesk_query`, `freshdesk_query`, `zoho_criteria`, `sn_query`,
///   `doli_filter`, `twenty_filter`. People's words stand inside quotes where the language has quotes. `any(fields, values, op)`
///   stands outside of them and is the OR over fields and values, with `op` = `eq` (unless said otherwise), `contains`, `starts`,
///   `ends`, `like` (for `gaps`), `phrase` (lucene, sosl), `digits_end` (suiteql), as far as the language has it.
/// - `{ "$json" = TREE }`: the tree as JSON text, for APIs that want JSON inside JSON or inside a parameter.
/// - `{ "$any" = "odoo", "fields" = EXPRESSION, "values" = EXPRESSION, "op" = "ilike" }`: Odoo's prefix OR over fields and values.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Tree(pub Value);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verb {
    #[default]
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// One request. At most one of `json`, `form`, `multipart` and `graphql`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `GET` unless said otherwise.
    #[serde(default)]
    pub method: Verb,
    /// *Template* of the address behind `env.base`, with a slash at its start. Values in it are percent-encoded, `/` too; an empty
    /// one is refused, because the address would be another.
    pub path: Option<Template>,
    /// *Template* of a whole address, where `env.base` is not the place: `{{ session.rest_url }}entity/Note`. A value at its very
    /// start is an address as it is, and so are `env.origin` and `env.path`; the others are percent-encoded. Exactly one of `path`
    /// and `url`.
    pub url: Option<Template>,
    /// Parameters of the address; names are templates too (`filter[phone][like]`). A list repeats the name, null leaves it out.
    /// Percent-encoded.
    #[serde(default)]
    pub query: BTreeMap<String, QueryValue>,
    /// An empty one is left out.
    #[serde(default)]
    pub headers: BTreeMap<String, Template>,
    /// The body as JSON.
    pub json: Option<Tree>,
    /// Form-encoded.
    pub form: Option<BTreeMap<String, QueryValue>>,
    /// `multipart/form-data`, texts only.
    pub multipart: Option<BTreeMap<String, QueryValue>>,
    /// A GraphQL query, sent as JSON.
    pub graphql: Option<GraphQl>,
    /// The content type, where it is not what the body says: `application/vnd.api+json`.
    pub content_type: Option<String>,
    /// Which of `budgets` it counts against.
    pub budget: Option<String>,
    /// It changes nothing although it is no GET: a search by POST. Then it may follow redirects and be repeated.
    #[serde(default)]
    pub reads: bool,
}

impl Request {
    /// Whether it changes something in the CRM.
    pub(crate) fn writes(&self) -> bool {
        !(self.reads || self.method == Verb::Get)
    }
}

/// A parameter's value: a template, a list of such, or a directive.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct QueryValue(pub Tree);

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphQl {
    /// The query's text, fixed: no templates. Values go into `variables`.
    pub query: String,
    /// Values for the query's variables.
    #[serde(default)]
    pub variables: BTreeMap<String, Tree>,
}

/// How a list goes on. Lookups take the first page; lists of choices take all, up to the cap.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
pub enum Paging {
    /// The answer holds a cursor at `next` (*path*), which goes into the parameter.
    Cursor {
        /// The parameter of the address.
        parameter: String,
        /// *Path* of the cursor in the answer.
        next: String,
        /// At most so many pages: 10 unless said otherwise, 30 at the most.
        max_pages: Option<u32>,
    },
    /// The parameter counts records; a page with fewer than `size` is the last.
    Offset {
        /// The parameter of the address.
        parameter: String,
        /// Records of a full page.
        size: u32,
        /// At most so many pages: 10 unless said otherwise, 30 at the most.
        max_pages: Option<u32>,
    },
    /// The parameter counts pages, from `first`.
    Page {
        /// The parameter of the address.
        parameter: String,
        /// The number of the first page: 0 or 1.
        first: u32,
        /// Records of a full page.
        size: u32,
        /// At most so many pages: 10 unless said otherwise, 30 at the most.
        max_pages: Option<u32>,
    },
    /// The answer holds the next page's address at `next` (*path*), or in its Link header. The host is checked.
    Link {
        /// *Path* of the address in the answer; without it the Link header is read.
        next: Option<String>,
        /// At most so many pages: 10 unless said otherwise, 30 at the most.
        max_pages: Option<u32>,
    },
}
