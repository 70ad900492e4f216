//! `any(fields, values, op)`: the commonest query there is, one of these fields has one of these values, written by us.

use std::{fmt, sync::Arc};

use minijinja::{
    Error as Fault, ErrorKind, Value,
    value::{Object, ObjectRepr},
};

use super::{
    filters::fits,
    language::{Language, is_name},
    pattern::Pattern,
    work::spend,
};

/// The most comparisons in one query.
const MOST: usize = 500;

/// A part of a query to come: its language is known where it stands.
#[derive(Debug)]
pub(crate) struct Fragment {
    fields: Vec<String>,
    values: Vec<Value>,
    op: String,
}

impl Object for Fragment {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    /// Shown only where it is not understood: joined to a text it is a text, and escaped like one.
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any(…)")
    }
}

/// The function of templates.
pub(crate) fn any(fields: &Value, values: &Value, op: Option<String>) -> Result<Value, Fault> {
    let fields = texts(fields)?;
    if let Some(bad) = fields.iter().find(|field| !is_name(field)) {
        return Err(fault(format!("{bad:?} is no field's name")));
    }
    let values = list(values)?;
    if fields.len().max(1) * values.len() > MOST {
        return Err(fault(format!("more than {MOST} comparisons in one query")));
    }
    // Each value stands beside each field.
    let written: usize = values.iter().filter_map(text).map(|text| text.len()).sum();
    fits(written.saturating_mul(fields.len().max(1)))?;
    spend(written.saturating_mul(fields.len().max(1)))?;
    Ok(Value::from_object(Fragment {
        fields,
        values,
        op: op.unwrap_or_else(|| "eq".to_owned()),
    }))
}

impl Fragment {
    /// The query's text; an error says what the language has not.
    pub(crate) fn write(&self, language: Language) -> Result<String, String> {
        if self.values.is_empty() {
            return Err("any() has no values to look for".to_owned());
        }
        // A term of SOSL is looked for in all the fields that `IN PHONE FIELDS` names.
        let fields: &[String] = if language == Language::Sosl {
            &[String::new()]
        } else {
            &self.fields
        };
        if fields.is_empty() {
            return Err("any() has no fields to look in".to_owned());
        }
        if language == Language::ZendeskQuery && fields.len() > 1 {
            return Err(
                "Zendesk takes conditions on two properties for AND: ask for one field in one request".to_owned(),
            );
        }
        let mut terms = Vec::new();
        for field in fields {
            for value in &self.values {
                terms.push(self.comparison(language, field, value)?);
            }
        }
        Ok(alternatives(language, terms))
    }

    fn comparison(&self, language: Language, field: &str, value: &Value) -> Result<String, String> {
        use Language as L;
        let text = || text(value).ok_or_else(|| "any() compares texts and numbers".to_owned());
        let unknown = || format!("`{}` has no way to write op `{}`", language.name(), self.op);
        let quote = language.quote();
        let quoted = |text: &str| match quote {
            Some(quote) => format!("{quote}{}{quote}", language.quoted(quote, text)),
            None => language.bare(text).unwrap_or_default(),
        };
        let pattern = |quote: Option<char>, pattern: &Pattern| {
            let text = language.pattern(quote, pattern).ok_or_else(unknown)?;
            Ok::<_, String>(match quote {
                Some(quote) => format!("{quote}{text}{quote}"),
                None => text,
            })
        };
        let around = |before, behind| Ok::<_, String>(Pattern::around(before, &text()?, behind));
        let like = || match value.downcast_object_ref::<Pattern>() {
            Some(pattern) => Ok(pattern.clone()),
            None => around(false, false),
        };
        let term = match (language, self.op.as_str()) {
            (L::Sosl, "eq" | "phrase") => quoted(&text()?),
            (L::Sosl, "starts") => pattern(None, &around(false, true)?)?,
            (L::Soql | L::Suiteql | L::Coql | L::Vtql, "eq") => format!("{field} = {}", quoted(&text()?)),
            (L::Soql | L::Suiteql | L::Coql | L::Vtql, op) => {
                let wanted = match op {
                    "like" => like()?,
                    "contains" => around(true, true)?,
                    "starts" => around(false, true)?,
                    "ends" => around(true, false)?,
                    "digits_end" if language == L::Suiteql => {
                        let digits: String = text()?.chars().filter(char::is_ascii_digit).collect();
                        return Ok(format!("REGEXP_REPLACE({field}, '[^0-9]', '') LIKE '%{digits}'"));
                    }
                    _ => return Err(unknown()),
                };
                format!("{field} LIKE {}", pattern(quote, &wanted)?)
            }
            (L::Odata, "eq") => format!("{field} eq {}", quoted(&text()?)),
            (L::Odata, "contains") => format!("contains({field},{})", quoted(&text()?)),
            (L::Odata, "starts") => format!("startswith({field},{})", quoted(&text()?)),
            (L::Odata, "ends") => format!("endswith({field},{})", quoted(&text()?)),
            (L::Lucene | L::ZendeskQuery, "eq" | "phrase") => format!("{field}:{}", quoted(&text()?)),
            (L::Lucene | L::ZendeskQuery, "starts") => format!("{field}:{}", pattern(None, &around(false, true)?)?),
            (L::Lucene | L::ZendeskQuery, "ends") => format!("{field}:{}", pattern(None, &around(true, false)?)?),
            (L::Lucene | L::ZendeskQuery, "contains") => format!("{field}:{}", pattern(None, &around(true, true)?)?),
            (L::Lucene | L::ZendeskQuery, "like") => format!("{field}:{}", pattern(None, &like()?)?),
            (L::ZohoCriteria, "eq") => format!("({field}:equals:{})", quoted(&text()?)),
            (L::ZohoCriteria, "starts") => format!("({field}:starts_with:{})", quoted(&text()?)),
            (L::ZohoCriteria, "contains") => format!("({field}:contains:{})", quoted(&text()?)),
            (L::FreshdeskQuery, "eq") => format!("{field}:{}", quoted(&text()?)),
            (L::SnQuery, "eq") => format!("{field}={}", quoted(&text()?)),
            (L::SnQuery, "contains") => format!("{field}LIKE{}", quoted(&text()?)),
            (L::SnQuery, "starts") => format!("{field}STARTSWITH{}", quoted(&text()?)),
            (L::SnQuery, "ends") => format!("{field}ENDSWITH{}", quoted(&text()?)),
            (L::DoliFilter, "eq") => format!("({field}:=:{})", quoted(&text()?)),
            (L::TwentyFilter, "eq") => format!("{field}[eq]:{}", quoted(&text()?)),
            (L::DoliFilter | L::TwentyFilter, op) => {
                let wanted = match op {
                    "like" => like()?,
                    "contains" => around(true, true)?,
                    "starts" => around(false, true)?,
                    "ends" => around(true, false)?,
                    _ => return Err(unknown()),
                };
                let wanted = pattern(quote, &wanted)?;
                match language {
                    L::DoliFilter => format!("({field}:like:{wanted})"),
                    _ => format!("{field}[like]:{wanted}"),
                }
            }
            _ => return Err(unknown()),
        };
        Ok(term)
    }
}

/// Every op there is.
const OPS: [&str; 7] = ["eq", "phrase", "like", "contains", "starts", "ends", "digits_end"];

/// The ops that a language has a way to write.
pub(crate) fn ops(language: Language) -> Vec<&'static str> {
    let written = |op: &&str| {
        let fragment = Fragment {
            fields: vec!["field".to_owned()],
            values: vec![Value::from("value")],
            op: (*op).to_owned(),
        };
        fragment.write(language).is_ok()
    };
    OPS.into_iter().filter(written).collect()
}

fn alternatives(language: Language, mut terms: Vec<String>) -> String {
    if terms.len() == 1 {
        return terms.remove(0);
    }
    match language {
        Language::TwentyFilter => format!("or({})", terms.join(",")),
        Language::SnQuery => terms.join("^OR"),
        // Zendesk takes several conditions on the same property as alternatives.
        Language::ZendeskQuery => terms.join(" "),
        Language::ZohoCriteria => format!("({})", terms.join("or")),
        Language::Odata => format!("({})", terms.join(" or ")),
        Language::DoliFilter => format!("({})", terms.join(" or ")),
        // COQL wants its conditions bracketed in pairs.
        Language::Coql => terms
            .into_iter()
            .reduce(|before, term| format!("({before} or {term})"))
            .unwrap_or_default(),
        _ => format!("({})", terms.join(" OR ")),
    }
}

/// Odoo's prefix notation: one `|` less than there are conditions, then the conditions.
pub(crate) fn odoo(fields: &Value, values: &Value, op: &str) -> Result<Vec<serde_json::Value>, Fault> {
    const OPERATORS: [&str; 5] = ["=", "ilike", "=ilike", "like", "=like"];
    if !OPERATORS.contains(&op) {
        return Err(fault(format!(
            "Odoo has no operator {op:?}; there are {}",
            OPERATORS.join(", ")
        )));
    }
    let fields = texts(fields)?;
    if let Some(bad) = fields.iter().find(|field| !is_name(field)) {
        return Err(fault(format!("{bad:?} is no field's name")));
    }
    let values = texts(values)?;
    let count = fields.len() * values.len();
    if count == 0 || count > MOST {
        return Err(fault(format!("$any needs 1 to {MOST} comparisons, there are {count}")));
    }
    let mut domain = vec![serde_json::Value::from("|"); count - 1];
    for field in &fields {
        domain.extend(values.iter().map(|value| serde_json::json!([field, op, value])));
    }
    Ok(domain)
}

fn list(value: &Value) -> Result<Vec<Value>, Fault> {
    if value.as_str().is_some() || value.is_number() || value.downcast_object_ref::<Pattern>().is_some() {
        return Ok(vec![value.clone()]);
    }
    Ok(value.try_iter()?.collect())
}

fn texts(value: &Value) -> Result<Vec<String>, Fault> {
    list(value)?
        .iter()
        .map(|item| text(item).ok_or_else(|| fault("it takes texts".to_owned())))
        .collect()
}

fn text(value: &Value) -> Option<String> {
    let simple = value.as_str().is_some() || value.is_number() || value.downcast_object_ref::<Pattern>().is_some();
    simple.then(|| value.to_string())
}

fn fault(detail: String) -> Fault {
    Fault::new(ErrorKind::InvalidOperation, detail)
}
