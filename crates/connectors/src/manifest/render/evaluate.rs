//! Expressions: the small language between `{{` and `}}`, and its limits.

use std::{collections::BTreeMap, fmt, io, sync::Arc};

use minijinja::{
    Environment, Error as Fault, ErrorKind, UndefinedBehavior, Value,
    value::{Enumerator, Object, ObjectRepr, Serde, ValueKind},
};
use ringside_domain::{Error, Kind, Result};
use serde::Serialize;

use super::{any::Fragment, filters, pattern::Pattern, work::Work};

/// Steps that one expression may take.
const FUEL: u64 = 20_000;

/// The variables of one place, and what working with them may still cost. Cloning shares both; one that is made anew is for
/// another operation.
#[derive(Clone, Default)]
pub(crate) struct Scope {
    roots: Arc<Roots>,
    work: Work,
}

/// With the bytes of each, as JSON.
#[derive(Clone, Default)]
struct Roots(BTreeMap<String, (Value, usize)>);

impl Scope {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// This scope and one more variable, in place of one of the same name. What can't be a value is undefined.
    #[must_use]
    pub(crate) fn with<V: Serialize + ?Sized>(&self, name: &str, value: &V) -> Self {
        let mut roots = Roots::clone(&self.roots);
        let mut held = Counted(0);
        // What can't be written is undefined, and of no size.
        let _ = serde_json::to_writer(&mut held, value);
        roots.0.insert(name.to_owned(), (Value::from(Serde(value)), held.0));
        Self {
            roots: Arc::new(roots),
            work: self.work.clone(),
        }
    }

    /// Bytes of all variables.
    fn held(&self) -> usize {
        self.roots.0.values().map(|(_, held)| held).sum()
    }

    /// Takes from what may be spent on this operation what this variable cost to be made one.
    pub(super) fn pay_for(&self, name: &str) -> Result<()> {
        let held = self.roots.0.get(name).map_or(0, |(_, held)| *held);
        self.work.spend(held).map_err(|fault| failed(name, &fault))
    }
}

/// How much was written.
struct Counted(usize);

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Object for Roots {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_str()?).map(|(value, _)| value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().map(|name| Value::from(name.as_str())).collect())
    }
}

/// A text that is written out in an expression, quotes and all, as the expression has it.
pub(crate) fn constant(literal: &str) -> Option<String> {
    let compiled = Environment::empty()
        .compile_expression_owned(literal.to_owned())
        .ok()?
        .eval(())
        .ok()?;
    compiled.as_str().map(str::to_owned)
}

/// Names only: values are people's.
impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.roots.0.keys()).finish()
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// The language: our filters and functions and no others, no templates from elsewhere, no files, no environment.
pub(crate) fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(64);
    filters::add_to(&mut environment);
    environment
}

/// Compiles an expression under its own text as its name.
pub(crate) fn compile(environment: &mut Environment<'static>, expression: &str) -> std::result::Result<(), Fault> {
    // On its own first: as part of a statement it could end that.
    environment.compile_expression_owned(expression.to_owned())?;
    environment.add_template_owned(expression.to_owned(), format!("{{% set __value = ({expression}) %}}"))
}

/// The value of a compiled expression; undefined where a variable's member is.
pub(crate) fn evaluate(environment: &Environment<'static>, expression: &str, scope: &Scope) -> Result<Value> {
    let fault = |fault: Fault| failed(expression, &fault);
    let template = environment.get_template(expression).map_err(fault)?;
    let _begun = scope.work.begin(expression, scope.held()).map_err(fault)?;
    let captured = template
        .render_captured(Value::from_dyn_object(Arc::clone(&scope.roots)))
        .map_err(fault)?;
    Ok(captured.state().lookup("__value").unwrap_or(Value::UNDEFINED))
}

/// Refuses a value that is not there.
pub(crate) fn defined(expression: &str, value: Value) -> Result<Value> {
    if value.is_undefined() {
        let root = expression.split(['.', '[', ' ', '|']).next().unwrap_or_default();
        let hint = match root {
            "granted" | "session" | "discovered" => {
                "Signing in did not bring it; an example of the file has it in `session = { … }`"
            }
            _ => "Correct the connector's file, for instance with `| default(\"\")`",
        };
        return Err(trouble(format!("`{expression}` in the connector's file has no value here")).hint(hint));
    }
    Ok(value)
}

/// A value as text: nothing for none.
pub(crate) fn to_text(expression: &str, value: &Value) -> Result<String> {
    if let Some(text) = value.as_str() {
        return Ok(text.to_owned());
    }
    match value.kind() {
        ValueKind::None => Ok(String::new()),
        ValueKind::Bool | ValueKind::Number => Ok(value.to_string()),
        _ if value.downcast_object_ref::<Pattern>().is_some() => Ok(value.to_string()),
        _ if value.downcast_object_ref::<Fragment>().is_some() => Err(trouble(format!(
            "`{expression}` is part of a query and stands outside of one"
        ))
        .hint("Write it into a `$query`, outside of quotes")),
        kind => Err(
            trouble(format!("`{expression}` is a {kind} and can't be part of a text"))
                .hint("Choose one of its members, or let it be the whole value, where a list can stand"),
        ),
    }
}

/// A value as JSON: patterns as their text.
pub(crate) fn to_json(expression: &str, value: &Value) -> Result<serde_json::Value> {
    let plain = value
        .as_object()
        .is_some_and(|object| object.repr() == ObjectRepr::Plain);
    if plain {
        return to_text(expression, value).map(serde_json::Value::String);
    }
    serde_json::to_value(value).map_err(|_| trouble(format!("`{expression}` can't be written as JSON")))
}

/// A fault of the file that shows only when it runs.
pub(crate) fn trouble(message: String) -> Error {
    Error::new(Kind::Invalid, "render", message)
}

fn failed(expression: &str, fault: &Fault) -> Error {
    let why = match (fault.kind(), fault.detail()) {
        (ErrorKind::OutOfFuel, _) => "it takes too many steps",
        (ErrorKind::UndefinedError, _) => "something in it has no value here",
        (_, Some(detail)) => detail,
        (_, None) => "it does not work with these values",
    };
    trouble(format!(
        "`{expression}` in the connector's file can't be worked out: {why}"
    ))
    .hint("Check the file with `ringside connector check`")
}
