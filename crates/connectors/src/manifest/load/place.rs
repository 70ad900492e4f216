//! Where in a file something stands.

use std::ops::Range;

use toml_edit::{Document, Item, Value};

/// A step from a table or list to what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// `types[1].vars.fields`.
pub(crate) fn written(steps: &[Step]) -> String {
    let mut out = String::new();
    for step in steps {
        match step {
            Step::Key(key) if out.is_empty() => out.push_str(key),
            Step::Key(key) => out.push_str(&format!(".{key}")),
            Step::Index(index) => out.push_str(&format!("[{index}]")),
        }
    }
    out
}

/// The bytes of what these steps lead to, or of the nearest thing around it that is written out.
pub(crate) fn span(document: &Document<&str>, steps: &[Step]) -> Range<usize> {
    let mut found = 0..0;
    let mut here = Here::Item(document.as_item());
    for step in steps {
        let next = here.step(step);
        let Some((next, key)) = next else {
            break;
        };
        // A table of several pieces has no place of its own; its name has.
        found = next.span().or(key).unwrap_or(found);
        here = next;
    }
    found
}

#[derive(Clone, Copy)]
enum Here<'d> {
    Item(&'d Item),
    Value(&'d Value),
    Table(&'d toml_edit::Table),
}

impl<'d> Here<'d> {
    fn span(self) -> Option<Range<usize>> {
        match self {
            Here::Item(item) => item.span(),
            Here::Value(value) => value.span(),
            Here::Table(table) => table.span(),
        }
    }

    fn step(self, step: &Step) -> Option<(Here<'d>, Option<Range<usize>>)> {
        match (self, step) {
            (Here::Item(Item::Table(table)), _) => Here::Table(table).step(step),
            (Here::Item(Item::Value(value)), _) => Here::Value(value).step(step),
            (Here::Item(Item::ArrayOfTables(tables)), Step::Index(index)) => {
                Some((Here::Table(tables.get(*index)?), None))
            }
            (Here::Table(table), Step::Key(key)) => {
                let (key, item) = table.get_key_value(key)?;
                Some((Here::Item(item), key.span()))
            }
            (Here::Value(Value::InlineTable(table)), Step::Key(key)) => {
                let (key, item) = table.get_key_value(key)?;
                Some((Here::Item(item), key.span()))
            }
            (Here::Value(Value::Array(array)), Step::Index(index)) => Some((Here::Value(array.get(*index)?), None)),
            _ => None,
        }
    }
}

/// Line and column, counted from 1; the column in characters.
pub(crate) fn position(text: &str, at: usize) -> (usize, usize) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}
