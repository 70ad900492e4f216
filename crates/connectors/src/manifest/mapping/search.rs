//! Walking a JMESPath, with an end.
//!
//! The library's own walk takes as long and makes as much as a path says: `[@,@] | [@,@][] | …` thirty times is four thousand
//! million items in sixty bytes more. This one does the same step by step, and counts: each step, each item of a list that it
//! makes, each byte that a function reads. What a path may cost grows with the answer it looks at.

use std::{collections::BTreeMap, sync::LazyLock};

use jmespath::{
    Context, DEFAULT_RUNTIME, JmespathError, Rcvar, Variable,
    ast::{Ast, KeyValuePair},
};

/// What a path may cost on an answer of nothing: a few hundred steps are a long path.
const STEPS: usize = 10_000;
const BYTES: usize = 256 * 1024;
/// And for each value and byte of the answer: a filter takes some ten steps for each record it looks at.
const STEPS_EACH: usize = 16;
const BYTES_EACH: usize = 8;
/// However large the answer is.
const MOST_STEPS: usize = 4_000_000;

/// A value as JMESPath wants it, and how large it is.
pub(super) struct Subject {
    value: Rcvar,
    size: Size,
}

#[derive(Clone, Copy, Default)]
struct Size {
    values: usize,
    bytes: usize,
}

/// Why a path found nothing.
pub(super) enum Fruitless {
    /// It would cost more than it may.
    TooMuch,
    /// A function of it got another type than it takes.
    OtherShape,
}

impl From<JmespathError> for Fruitless {
    fn from(_: JmespathError) -> Self {
        Self::OtherShape
    }
}

#[cfg(test)]
thread_local! {
    /// How many were made on this thread.
    pub(crate) static MADE: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

impl Subject {
    pub(super) fn of(value: &serde_json::Value) -> Self {
        #[cfg(test)]
        MADE.set(MADE.get() + 1);
        Self {
            value: Rcvar::new(Variable::from_serializable(value).unwrap_or(Variable::Null)),
            size: size_of(value),
        }
    }

    /// # Errors
    /// It found nothing, for one of two reasons.
    pub(super) fn search(&self, path: &str, ast: &Ast) -> Result<serde_json::Value, Fruitless> {
        let mut walk = Walk {
            context: Context::new(path, &DEFAULT_RUNTIME),
            steps: (STEPS + STEPS_EACH * self.size.values).min(MOST_STEPS),
            bytes: BYTES + BYTES_EACH * self.size.bytes,
        };
        let found = walk.walk(&self.value, ast)?;
        // Lists of lists share what is in them until they are written out.
        walk.weigh(&found)?;
        Ok(serde_json::to_value(&found).unwrap_or_default())
    }
}

fn size_of(value: &serde_json::Value) -> Size {
    use serde_json::Value;
    let all = |sizes: &mut dyn Iterator<Item = Size>| {
        sizes.fold(Size { values: 1, bytes: 8 }, |sum, one| Size {
            values: sum.values + one.values,
            bytes: sum.bytes + one.bytes,
        })
    };
    match value {
        Value::String(text) => Size {
            values: 1,
            bytes: text.len(),
        },
        Value::Array(items) => all(&mut items.iter().map(size_of)),
        Value::Object(members) => all(&mut members.iter().map(|(name, member)| {
            let Size { values, bytes } = size_of(member);
            Size {
                values,
                bytes: bytes + name.len(),
            }
        })),
        _ => Size { values: 1, bytes: 8 },
    }
}

struct Walk<'a> {
    context: Context<'a>,
    /// Still to be had.
    steps: usize,
    bytes: usize,
}

type Found = Result<Rcvar, Fruitless>;

static NULL: LazyLock<Rcvar> = LazyLock::new(|| Rcvar::new(Variable::Null));

impl Walk<'_> {
    /// As the library's `interpret`, part by part.
    fn walk(&mut self, data: &Rcvar, ast: &Ast) -> Found {
        self.step(1)?;
        Ok(match ast {
            Ast::Field { name, .. } => data.get_field(name),
            Ast::Subexpr { lhs, rhs, .. } => {
                let left = self.walk(data, lhs)?;
                self.walk(&left, rhs)?
            }
            Ast::Identity { .. } => data.clone(),
            Ast::Literal { value, .. } => value.clone(),
            Ast::Index { idx, .. } => match usize::try_from(*idx) {
                Ok(index) => data.get_index(index),
                Err(_) => data.get_negative_index(usize::try_from(idx.unsigned_abs()).unwrap_or(usize::MAX)),
            },
            Ast::Or { lhs, rhs, .. } => match self.walk(data, lhs)? {
                left if left.is_truthy() => left,
                _ => self.walk(data, rhs)?,
            },
            Ast::And { lhs, rhs, .. } => match self.walk(data, lhs)? {
                left if left.is_truthy() => self.walk(data, rhs)?,
                left => left,
            },
            Ast::Not { node, .. } => Rcvar::new(Variable::Bool(!self.walk(data, node)?.is_truthy())),
            Ast::Condition { predicate, then, .. } => {
                if self.walk(data, predicate)?.is_truthy() {
                    self.walk(data, then)?
                } else {
                    NULL.clone()
                }
            }
            Ast::Comparison {
                comparator, lhs, rhs, ..
            } => {
                let (left, right) = (self.walk(data, lhs)?, self.walk(data, rhs)?);
                self.weigh(&left)?;
                self.weigh(&right)?;
                let compared = left.compare(comparator, &right);
                compared.map_or_else(|| NULL.clone(), |is| Rcvar::new(Variable::Bool(is)))
            }
            Ast::ObjectValues { node, .. } => match self.walk(data, node)?.as_object() {
                Some(members) => {
                    self.step(members.len())?;
                    list(members.values().cloned().collect())
                }
                None => NULL.clone(),
            },
            Ast::Projection { lhs, rhs, .. } => match self.walk(data, lhs)?.as_array() {
                Some(items) => {
                    let mut kept = Vec::new();
                    for item in items {
                        let found = self.walk(item, rhs)?;
                        if !found.is_null() {
                            kept.push(found);
                        }
                    }
                    list(kept)
                }
                None => NULL.clone(),
            },
            Ast::Flatten { node, .. } => match self.walk(data, node)?.as_array() {
                Some(items) => {
                    let mut flat = Vec::new();
                    for item in items {
                        let inner = item.as_array();
                        self.step(inner.map_or(1, |inner| inner.len() + 1))?;
                        match inner {
                            Some(inner) => flat.extend(inner.iter().cloned()),
                            None => flat.push(item.clone()),
                        }
                    }
                    list(flat)
                }
                None => NULL.clone(),
            },
            Ast::MultiList { .. } | Ast::MultiHash { .. } if data.is_null() => NULL.clone(),
            Ast::MultiList { elements, .. } => {
                let items: Result<_, _> = elements.iter().map(|element| self.walk(data, element)).collect();
                list(items?)
            }
            Ast::MultiHash { elements, .. } => {
                let mut members = BTreeMap::new();
                for KeyValuePair { key, value } in elements {
                    members.insert(key.clone(), self.walk(data, value)?);
                }
                Rcvar::new(Variable::Object(members))
            }
            Ast::Function { name, args, .. } => self.function(data, name, args)?,
            // As a value it could come to a function by itself, and be walked there without an end.
            Ast::Expref { .. } | Ast::Slice { step: 0, .. } => return Err(Fruitless::OtherShape),
            Ast::Slice { start, stop, step, .. } => {
                self.step(data.as_array().map_or(0, Vec::len))?;
                data.slice(*start, *stop, *step).map_or_else(|| NULL.clone(), list)
            }
        })
    }

    fn function(&mut self, data: &Rcvar, name: &str, args: &[Ast]) -> Found {
        match (name, args) {
            ("map", [Ast::Expref { ast, .. }, items]) => {
                let items = self.walk(data, items)?;
                let items = items.as_array().ok_or(Fruitless::OtherShape)?;
                let mapped: Result<_, _> = items.iter().map(|item| self.walk(item, ast)).collect();
                Ok(list(mapped?))
            }
            ("sort_by" | "min_by" | "max_by", [items, Ast::Expref { ast, .. }]) => self.by(data, name, items, ast),
            _ => {
                let args: Result<Vec<_>, _> = args.iter().map(|arg| self.walk(data, arg)).collect();
                let args = args?;
                args.iter().try_for_each(|arg| self.weigh(arg))?;
                if let ("join", [glue, items]) = (name, args.as_slice()) {
                    let glue = glue.as_string().map_or(0, String::len);
                    self.byte(glue.saturating_mul(items.as_array().map_or(0, Vec::len)))?;
                }
                self.call(name, &args)
            }
        }
    }

    /// The keys are found by this walk, and what they are the keys of is ordered by the library.
    fn by(&mut self, data: &Rcvar, name: &str, items: &Ast, key: &Ast) -> Found {
        static KEY: LazyLock<Option<Ast>> = LazyLock::new(|| jmespath::parse("key").ok());
        let items = self.walk(data, items)?;
        let mut pairs = Vec::new();
        for item in items.as_array().ok_or(Fruitless::OtherShape)? {
            let key = self.walk(item, key)?;
            self.weigh(&key)?;
            let pair = [("key".to_owned(), key), ("item".to_owned(), item.clone())];
            pairs.push(Rcvar::new(Variable::Object(pair.into())));
        }
        let by = KEY.clone().ok_or(Fruitless::OtherShape)?;
        let ordered = self.call(name, &[list(pairs), Rcvar::new(Variable::Expref(by))])?;
        Ok(match ordered.as_array() {
            Some(pairs) => list(pairs.iter().map(|pair| pair.get_field("item")).collect()),
            None => ordered.get_field("item"),
        })
    }

    fn call(&mut self, name: &str, args: &[Rcvar]) -> Found {
        let function = DEFAULT_RUNTIME.get_function(name).ok_or(Fruitless::OtherShape)?;
        Ok(function.evaluate(args, &mut self.context)?)
    }

    /// All of a value, as if it were written out.
    fn weigh(&mut self, value: &Rcvar) -> Result<(), Fruitless> {
        self.step(1)?;
        match &**value {
            Variable::String(text) => self.byte(text.len()),
            Variable::Array(items) => items.iter().try_for_each(|item| self.weigh(item)),
            Variable::Object(members) => members.iter().try_for_each(|(name, member)| {
                self.byte(name.len())?;
                self.weigh(member)
            }),
            _ => Ok(()),
        }
    }

    fn step(&mut self, count: usize) -> Result<(), Fruitless> {
        self.steps = self.steps.checked_sub(count).ok_or(Fruitless::TooMuch)?;
        Ok(())
    }

    fn byte(&mut self, count: usize) -> Result<(), Fruitless> {
        self.bytes = self.bytes.checked_sub(count).ok_or(Fruitless::TooMuch)?;
        Ok(())
    }
}

fn list(items: Vec<Rcvar>) -> Rcvar {
    Rcvar::new(Variable::Array(items))
}
