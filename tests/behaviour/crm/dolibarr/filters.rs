//! `sqlfilters`: criteria `(column:operator:'value')`, joined by `and` and `or`. What is none of it becomes SQL as it is, and
//! SQL refuses it.

use crate::crm::like::like;

pub enum Filter {
    Everybody,
    Criterion {
        column: String,
        operator: String,
        value: String,
    },
    All(Vec<Filter>),
    Any(Vec<Filter>),
}

/// `None`: SQL would not understand it, or there is no such column.
pub fn read(text: &str, columns: &[&str]) -> Option<Filter> {
    if text.is_empty() {
        return Some(Filter::Everybody);
    }
    let mut reader = Reader { rest: text, columns };
    let filter = reader.alternatives()?;
    reader.rest.is_empty().then_some(filter)
}

struct Reader<'a> {
    rest: &'a str,
    columns: &'a [&'a str],
}

impl Reader<'_> {
    /// `and` binds closer than `or`.
    fn alternatives(&mut self) -> Option<Filter> {
        let mut any = vec![self.together()?];
        while self.word("or") {
            any.push(self.together()?);
        }
        Some(Filter::Any(any))
    }

    fn together(&mut self) -> Option<Filter> {
        let mut all = vec![self.bracket()?];
        while self.word("and") {
            all.push(self.bracket()?);
        }
        Some(Filter::All(all))
    }

    fn word(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start();
        let Some(behind) = rest.strip_prefix(word).filter(|behind| behind.starts_with([' ', '('])) else {
            self.rest = rest;
            return false;
        };
        self.rest = behind;
        true
    }

    fn bracket(&mut self) -> Option<Filter> {
        let inside = self.rest.trim_start().strip_prefix('(')?;
        let at = inside.find(['(', ')'])?;
        if inside[at..].starts_with(')') {
            self.rest = &inside[at + 1..];
            return self.criterion(&inside[..at]);
        }
        self.rest = inside;
        let filter = self.alternatives()?;
        self.rest = self.rest.trim_start().strip_prefix(')')?;
        Some(filter)
    }

    /// Three parts: the first two hold no quote, and none holds a bracket or a colon.
    fn criterion(&self, text: &str) -> Option<Filter> {
        let parts: Vec<&str> = text.split(':').collect();
        let [column, operator, value] = parts.as_slice() else {
            return None;
        };
        let known = self.columns.contains(column) && ["=", "!=", "like", "notlike"].contains(operator);
        let value = value.strip_prefix('\'')?.strip_suffix('\'')?;
        (known && !value.contains('\'')).then(|| Filter::Criterion {
            column: (*column).to_owned(),
            operator: (*operator).to_owned(),
            value: value.to_owned(),
        })
    }
}

impl Filter {
    pub fn holds(&self, text: &dyn Fn(&str) -> Option<String>) -> bool {
        match self {
            Self::Everybody => true,
            Self::All(all) => all.iter().all(|filter| filter.holds(text)),
            Self::Any(any) => any.iter().any(|filter| filter.holds(text)),
            Self::Criterion {
                column,
                operator,
                value,
            } => text(column).is_some_and(|stored| match operator.as_str() {
                "=" => stored.to_lowercase() == value.to_lowercase(),
                "!=" => stored.to_lowercase() != value.to_lowercase(),
                "like" => like(&stored, value),
                _ => !like(&stored, value),
            }),
        }
    }
}
