//! Query languages: how a value stays a value in each.
//!
//! A template's own text is the author's and goes out as written. A value is escaped for the place it stands in: inside
//! quotes, or bare. What a language has no escape for is taken out of the value, so that a search may find less or more,
//! but never means something else. Where a bare value can't be kept apart from the language's words it is refused.

use super::pattern::{Part, Pattern};

/// The languages that `$query` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Language {
    /// Salesforce, `'…'`.
    Soql,
    /// Salesforce's text search: terms within `FIND {…}`, `'…'` behind it.
    Sosl,
    /// NetSuite, `'…'`.
    Suiteql,
    /// Zoho CRM queries, `'…'`.
    Coql,
    /// Zoho CRM's `criteria=(Phone:equals:…)`: no quotes.
    ZohoCriteria,
    /// Bullhorn and others, `"…"`.
    Lucene,
    /// Zendesk Support, `"…"`.
    ZendeskQuery,
    /// Freshdesk, `'…'` (the whole in `"…"`).
    FreshdeskQuery,
    /// Microsoft Dataverse and others, `'…'`.
    Odata,
    /// ServiceNow's encoded query: no quotes.
    SnQuery,
    /// Dolibarr's `sqlfilters`, `'…'`.
    DoliFilter,
    /// Twenty, `"…"`.
    TwentyFilter,
    /// Vtiger, `'…'`.
    Vtql,
}

/// What a criterion of Dolibarr's can't hold: these part it and close it, and there is no escape. An address with a tag in it is
/// refused there as a whole.
const DOLI_SIGNS: &[char] = &['\'', '(', ')', ':', '\\', '"', '<', '>'];

impl Language {
    pub(crate) const ALL: [Self; 13] = [
        Self::Soql,
        Self::Sosl,
        Self::Suiteql,
        Self::Coql,
        Self::ZohoCriteria,
        Self::Lucene,
        Self::ZendeskQuery,
        Self::FreshdeskQuery,
        Self::Odata,
        Self::SnQuery,
        Self::DoliFilter,
        Self::TwentyFilter,
        Self::Vtql,
    ];

    /// As in `"$query" = "soql"`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Soql => "soql",
            Self::Sosl => "sosl",
            Self::Suiteql => "suiteql",
            Self::Coql => "coql",
            Self::ZohoCriteria => "zoho_criteria",
            Self::Lucene => "lucene",
            Self::ZendeskQuery => "zendesk_query",
            Self::FreshdeskQuery => "freshdesk_query",
            Self::Odata => "odata",
            Self::SnQuery => "sn_query",
            Self::DoliFilter => "doli_filter",
            Self::TwentyFilter => "twenty_filter",
            Self::Vtql => "vtql",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.name() == name)
    }

    /// The quote that [`any`](super::any) writes around a value.
    pub(crate) const fn quote(self) -> Option<char> {
        match self {
            Self::ZohoCriteria | Self::SnQuery => None,
            Self::Sosl | Self::Lucene | Self::ZendeskQuery | Self::TwentyFilter => Some('"'),
            _ => Some('\''),
        }
    }

    /// Which quote is open behind a piece of the template's own text.
    pub(crate) fn open_behind(self, mut open: Option<char>, text: &str) -> Option<char> {
        let mut signs = text.chars();
        while let Some(sign) = signs.next() {
            if sign == '\\' && self.has_backslash() {
                signs.next();
            } else if open == Some(sign) {
                open = None;
            } else if open.is_none() && self.is_quote(sign) {
                open = Some(sign);
            }
        }
        open
    }

    /// A value inside quotes.
    pub(crate) fn quoted(self, quote: char, value: &str) -> String {
        let value = one_line(value);
        match self {
            // https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
            Self::Soql | Self::Coql | Self::Vtql => backslashed(&value, |sign| matches!(sign, '\\' | '\'')),
            Self::Sosl if quote == '\'' => backslashed(&value, |sign| matches!(sign, '\\' | '\'')),
            Self::Sosl => backslashed(&value, is_sosl_sign),
            Self::Suiteql | Self::Odata => value.replace('\'', "''"),
            Self::Lucene => backslashed(&value, |sign| matches!(sign, '\\' | '"')),
            Self::ZendeskQuery => without(&value, &['"', '\\']),
            Self::FreshdeskQuery => without(&value, &['\'', '"', '\\']),
            Self::DoliFilter => without(&value, DOLI_SIGNS),
            Self::TwentyFilter => without(&value, &['"', '\\', '(', ')', '[', ']', ',']),
            Self::ZohoCriteria | Self::SnQuery => self.bare(&value).unwrap_or_default(),
        }
    }

    /// A value that stands alone; `None` where it needs quotes.
    pub(crate) fn bare(self, value: &str) -> Option<String> {
        let value = one_line(value);
        match self {
            // Escaped operators are still operators in SOSL; only a phrase is none.
            Self::Sosl => Some(format!("\"{}\"", self.quoted('"', &value))),
            Self::ZohoCriteria => Some(backslashed(&value, |sign| matches!(sign, '(' | ')' | ',' | '\\'))),
            Self::Lucene if value.trim().is_empty() => Some("\"\"".to_owned()),
            Self::Lucene => Some(lucene_term(&value)),
            Self::ZendeskQuery => Some(
                value
                    .chars()
                    .filter(|sign| sign.is_alphanumeric() || matches!(sign, '@' | '.' | '_'))
                    .collect(),
            ),
            Self::SnQuery => Some(servicenow(&value)),
            _ => None,
        }
    }

    /// A pattern inside quotes, or bare where the language's wildcards only work so; `None` where it has no patterns.
    pub(crate) fn pattern(self, quote: Option<char>, pattern: &Pattern) -> Option<String> {
        let mut out = String::new();
        for part in pattern.parts() {
            match (self, part) {
                (Self::Odata | Self::FreshdeskQuery | Self::ZohoCriteria, Part::Any) => return None,
                (Self::SnQuery, Part::Any) => {}
                (Self::Lucene | Self::ZendeskQuery, _) if quote.is_some() => return None,
                (Self::Lucene | Self::ZendeskQuery | Self::Sosl, Part::Any) => out.push('*'),
                (_, Part::Any) => out.push('%'),
                (Self::Sosl, Part::Text(text)) => out.push_str(&self.quoted(quote.unwrap_or('"'), text)),
                (Self::Soql, Part::Text(text)) => {
                    out.push_str(&self.quoted('\'', text).replace('%', "\\%").replace('_', "\\_"));
                }
                (Self::Lucene | Self::ZendeskQuery | Self::SnQuery | Self::ZohoCriteria, Part::Text(text)) => {
                    out.push_str(&self.bare(text)?);
                }
                // Signs that a filter can't hold are any one sign: a name with a quote in it is found all the same.
                (Self::DoliFilter, Part::Text(text)) => out.extend(one_line(text).chars().map(|sign| {
                    if sign == '%' || DOLI_SIGNS.contains(&sign) {
                        '_'
                    } else {
                        sign
                    }
                })),
                // No escape is documented, or it needs an ESCAPE clause: `_` is any one sign, so it finds the value and a bit more.
                (_, Part::Text(text)) => out.push_str(&self.quoted(quote?, text).replace('%', "_")),
            }
        }
        match self {
            Self::Sosl if quote.is_none() => Some(format!("\"{out}\"")),
            _ => Some(out),
        }
    }

    const fn has_backslash(self) -> bool {
        matches!(self, Self::Soql | Self::Sosl | Self::Coql | Self::Vtql | Self::Lucene)
    }

    const fn is_quote(self, sign: char) -> bool {
        match self {
            Self::ZohoCriteria | Self::SnQuery => false,
            Self::Sosl => matches!(sign, '"' | '\''),
            Self::Lucene | Self::ZendeskQuery | Self::TwentyFilter => sign == '"',
            _ => sign == '\'',
        }
    }
}

/// Digits, a field's name or a path of names: nothing of it can be taken for anything else, wherever it stands.
pub(crate) fn is_name(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|sign: char| sign.is_ascii_alphabetic() || sign == '_')
            && part.bytes().all(|sign| sign.is_ascii_alphanumeric() || sign == b'_')
    };
    text.len() <= 200 && text.split('.').all(part)
}

/// Control signs have no place in a search, and end a statement in some languages.
fn one_line(value: &str) -> String {
    let visible = |sign: char| {
        if sign.is_control() || matches!(sign, '\u{2028}' | '\u{2029}') {
            ' '
        } else {
            sign
        }
    };
    value.chars().map(visible).collect()
}

fn backslashed(value: &str, is_sign: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(value.len() + 4);
    for sign in value.chars() {
        if is_sign(sign) {
            out.push('\\');
        }
        out.push(sign);
    }
    out
}

fn without(value: &str, signs: &[char]) -> String {
    value.chars().filter(|sign| !signs.contains(sign)).collect()
}

/// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_sosl_find.htm
const fn is_sosl_sign(sign: char) -> bool {
    matches!(
        sign,
        '?' | '&'
            | '|'
            | '!'
            | '{'
            | '}'
            | '['
            | ']'
            | '('
            | ')'
            | '^'
            | '~'
            | '*'
            | ':'
            | '\\'
            | '"'
            | '\''
            | '+'
            | '-'
    )
}

/// One term: spaces are part of it, and a word that is an operator in capitals is none in small letters.
fn lucene_term(value: &str) -> String {
    let value = if matches!(value.trim(), "AND" | "OR" | "NOT" | "TO") {
        value.to_lowercase()
    } else {
        value.to_owned()
    };
    backslashed(&value, |sign| {
        sign.is_whitespace()
            || matches!(
                sign,
                '\\' | '"'
                    | '+'
                    | '-'
                    | '&'
                    | '|'
                    | '!'
                    | '('
                    | ')'
                    | '{'
                    | '}'
                    | '['
                    | ']'
                    | '^'
                    | '~'
                    | '*'
                    | '?'
                    | ':'
                    | '/'
                    | '<'
                    | '>'
                    | '='
            )
    })
}

/// `^` parts conditions and has no escape; a value that begins with `javascript:` is run on the server.
fn servicenow(value: &str) -> String {
    let mut value = without(value, &['^']);
    loop {
        let trimmed = value.trim_start();
        match trimmed.get(..11) {
            Some(start) if start.eq_ignore_ascii_case("javascript:") => value = trimmed[11..].to_owned(),
            _ => return value,
        }
    }
}
