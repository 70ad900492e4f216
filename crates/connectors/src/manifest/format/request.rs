//! Requests: trees of templates.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// A text that may hold `{{ … }}`. Control blocks (`{% … %}`) are not part of the format.
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
/// - `{ "$query" = "LANGUAGE", "template" = "…" }`: a text in a query language; every value in it is escaped for it.
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
    #[serde(default)]
    pub method: Verb,
    /// *Template* of the address behind `env.base`, with a slash at its start. Values in it are percent-encoded, `/` too.
    pub path: Option<Template>,
    /// *Template* of a whole address, where `env.base` is not the place: `{{ session.rest_url }}entity/Note`. A value at its very
    /// start is an address as it is; the others are percent-encoded. Exactly one of `path` and `url`.
    pub url: Option<Template>,
    /// Parameters of the address; names are templates too (`filter[phone][like]`). A list repeats the name. Percent-encoded.
    #[serde(default)]
    pub query: BTreeMap<String, QueryValue>,
    #[serde(default)]
    pub headers: BTreeMap<String, Template>,
    pub json: Option<Tree>,
    /// Form-encoded.
    pub form: Option<BTreeMap<String, QueryValue>>,
    /// `multipart/form-data`, texts only.
    pub multipart: Option<BTreeMap<String, QueryValue>>,
    pub graphql: Option<GraphQl>,
    /// The content type, where it is not what the body says: `application/vnd.api+json`.
    pub content_type: Option<String>,
    /// Which of `budgets` it counts against.
    pub budget: Option<String>,
    /// It changes nothing although it is no GET: a search by POST. Then it may follow redirects and be repeated.
    #[serde(default)]
    pub reads: bool,
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
    #[serde(default)]
    pub variables: BTreeMap<String, Tree>,
}

/// How a list goes on. Lookups take the first page; lists of choices take all, up to the cap.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
pub enum Paging {
    /// The answer holds a cursor at `next` (*path*), which goes into the parameter.
    Cursor { parameter: String, next: String, max_pages: Option<u32> },
    /// The parameter counts records; a page with fewer than `size` is the last.
    Offset { parameter: String, size: u32, max_pages: Option<u32> },
    /// The parameter counts pages, from `first`.
    Page { parameter: String, first: u32, size: u32, max_pages: Option<u32> },
    /// The answer holds the next page's address at `next` (*path*), or in its Link header. The host is checked.
    Link { next: Option<String>, max_pages: Option<u32> },
}
