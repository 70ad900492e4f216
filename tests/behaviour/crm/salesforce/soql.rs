//! SOQL, as much of it as is asked: `SELECT … FROM … WHERE condition [AND …] [ORDER BY …] [LIMIT n]`, where a condition is
//! `field = value`, `field != null` or `field IN (SELECT … FROM … WHERE …)`. Such a question in brackets answers with ids, is about another
//! object, and stands beside no OR.
//!
//! It reads the records themselves, so there is no lag. Long text areas can't be filtered by.

use serde_json::{Value, json};

use super::{
    Answer, Refused,
    objects::{self, Object},
};
use crate::crm::{Records, Reply, Row};

#[derive(Clone, Debug, PartialEq)]
enum Sign {
    /// A keyword, a name, a number.
    Word(String),
    Text(String),
    Mark(char),
}

enum Test {
    Is(Value),
    IsThere,
    /// An object, its field that holds an id, and which of its records.
    In(&'static Object, String, Condition),
}

/// All of which must hold.
pub struct Condition(Vec<(String, Test)>);

pub fn query(records: &Records, text: &str) -> Answer {
    let mut signs = Signs::read(text)?;
    signs.keyword("SELECT")?;
    let fields = signs.names()?;
    signs.keyword("FROM")?;
    let object = object(&signs.word()?)?;
    let mut condition = Condition(Vec::new());
    if signs.is("WHERE") {
        condition = Condition::read(&mut signs, object)?;
    }
    if signs.is("ORDER") {
        signs.keyword("BY")?;
        known(object, &[signs.word()?])?;
        let _direction = signs.is("ASC") || signs.is("DESC");
    }
    let limit = if signs.is("LIMIT") { signs.number()? } else { 2_000 };
    signs.end()?;
    known(object, &fields)?;
    let found = records
        .all(object.name)
        .filter(|row| condition.holds(records, object, row))
        .take(limit);
    let found: Vec<Value> = found.map(|row| object.record(records, row, &fields)).collect();
    Ok(Reply::json(
        200,
        &json!({ "totalSize": found.len(), "done": true, "records": found }),
    ))
}

pub fn object(name: &str) -> Result<&'static Object, Refused> {
    let words = || format!("sObject type '{name}' is not supported");
    objects::object(name).ok_or_else(|| Refused(400, "INVALID_TYPE", words(), Vec::new()))
}

pub fn known(object: &Object, fields: &[String]) -> Result<(), Refused> {
    match fields.iter().find(|field| !object.has(field)) {
        None => Ok(()),
        Some(field) => {
            let words = format!("No such column '{field}' on entity '{}'", object.name);
            Err(Refused(400, "INVALID_FIELD", words, Vec::new()))
        }
    }
}

impl Condition {
    pub fn read(signs: &mut Signs, object: &Object) -> Result<Self, Refused> {
        let mut all = Vec::new();
        loop {
            let field = signs.word()?;
            known(object, std::slice::from_ref(&field))?;
            if field == "Description" {
                let words = "field 'Description' can not be filtered in a query call".to_owned();
                return Err(Refused(400, "INVALID_FIELD", words, Vec::new()));
            }
            if signs.is_mark('!') {
                signs.mark('=')?;
                signs.keyword("null")?;
                all.push((field, Test::IsThere));
            } else if signs.is("IN") {
                all.push((field.clone(), inner(signs, object, &field)?));
            } else {
                let value = compared(signs, &field)?;
                all.push((field, Test::Is(value)));
            }
            if !signs.is("AND") {
                return Ok(Self(all));
            }
        }
    }

    /// Texts are compared whatever their case.
    pub fn holds(&self, records: &Records, object: &Object, row: &Row) -> bool {
        self.0.iter().all(|(field, test)| {
            let is = object.value(records, row, field);
            match test {
                Test::Is(wanted) => same(&is, wanted),
                Test::IsThere => !is.is_null(),
                Test::In(of, column, condition) => records
                    .all(of.name)
                    .filter(|inner| condition.holds(records, of, inner))
                    .any(|inner| of.value(records, inner, column) == is && !is.is_null()),
            }
        })
    }
}

fn same(is: &Value, wanted: &Value) -> bool {
    match (is, wanted) {
        (Value::String(is), Value::String(wanted)) => is.to_lowercase() == wanted.to_lowercase(),
        (is, wanted) => is == wanted,
    }
}

fn compared(signs: &mut Signs, field: &str) -> Result<Value, Refused> {
    signs.mark('=')?;
    let value = match signs.next() {
        Some(Sign::Text(text)) => Value::from(text),
        Some(Sign::Word(word)) if word == "true" || word == "false" => Value::from(word == "true"),
        other => return Err(malformed(format!("unexpected token: {other:?}"))),
    };
    if let (true, Some(id)) = (field.ends_with("Id"), value.as_str().filter(|id| !objects::is_id(id))) {
        let words = format!("invalid ID field: {id}");
        return Err(Refused(400, "INVALID_QUERY_FILTER_OPERATOR", words, Vec::new()));
    }
    Ok(value)
}

fn inner(signs: &mut Signs, outer: &Object, field: &str) -> Result<Test, Refused> {
    signs.mark('(')?;
    signs.keyword("SELECT")?;
    let column = signs.word()?;
    signs.keyword("FROM")?;
    let object = self::object(&signs.word()?)?;
    known(object, std::slice::from_ref(&column))?;
    if !(field.ends_with("Id") && column.ends_with("Id")) || object.name == outer.name {
        return Err(malformed(
            "semi join sub-selects can only query id fields of another object",
        ));
    }
    signs.keyword("WHERE")?;
    let condition = Condition::read(signs, object)?;
    signs.mark(')')?;
    Ok(Test::In(object, column, condition))
}

/// What is left to be read.
pub struct Signs(std::vec::IntoIter<Sign>);

impl Signs {
    pub fn read(text: &str) -> Result<Self, Refused> {
        let (mut signs, mut letters) = (Vec::new(), text.chars().peekable());
        while let Some(letter) = letters.next() {
            match letter {
                ' ' => {}
                '\'' => {
                    let mut value = String::new();
                    loop {
                        match letters.next() {
                            None => return Err(malformed("a quote is not closed")),
                            Some('\'') => break,
                            Some('\\') => match letters.next() {
                                Some(sign @ ('\'' | '\\' | '"')) => value.push(sign),
                                other => return Err(malformed(format!("illegal escape {other:?}"))),
                            },
                            Some(other) => value.push(other),
                        }
                    }
                    signs.push(Sign::Text(value));
                }
                letter if is_word(letter) => {
                    let mut word = letter.to_string();
                    while let Some(next) = letters.next_if(|next| is_word(*next)) {
                        word.push(next);
                    }
                    signs.push(Sign::Word(word));
                }
                '=' | '!' | ',' | '(' | ')' => signs.push(Sign::Mark(letter)),
                other => return Err(malformed(format!("unexpected sign {other:?}"))),
            }
        }
        Ok(Self(signs.into_iter()))
    }

    fn next(&mut self) -> Option<Sign> {
        self.0.next()
    }

    /// Takes this keyword if it is the next.
    pub fn is(&mut self, keyword: &str) -> bool {
        let same = matches!(self.0.as_slice().first(), Some(Sign::Word(word)) if word.eq_ignore_ascii_case(keyword));
        if same {
            self.0.next();
        }
        same
    }

    pub fn is_mark(&mut self, mark: char) -> bool {
        let same = self.0.as_slice().first() == Some(&Sign::Mark(mark));
        if same {
            self.0.next();
        }
        same
    }

    pub fn keyword(&mut self, keyword: &str) -> Result<(), Refused> {
        if self.is(keyword) {
            Ok(())
        } else {
            Err(malformed(format!("expecting {keyword}")))
        }
    }

    pub fn mark(&mut self, mark: char) -> Result<(), Refused> {
        if self.is_mark(mark) {
            Ok(())
        } else {
            Err(malformed(format!("expecting {mark}")))
        }
    }

    pub fn word(&mut self) -> Result<String, Refused> {
        match self.next() {
            Some(Sign::Word(word)) => Ok(word),
            other => Err(malformed(format!("expecting a name, found {other:?}"))),
        }
    }

    /// `Id, Name, Account.Name`
    pub fn names(&mut self) -> Result<Vec<String>, Refused> {
        let mut names = vec![self.word()?];
        while self.is_mark(',') {
            names.push(self.word()?);
        }
        Ok(names)
    }

    pub fn number(&mut self) -> Result<usize, Refused> {
        let number = self.word()?.parse().ok().filter(|number| (1..=2_000).contains(number));
        number.ok_or_else(|| malformed("LIMIT is between 1 and 2000"))
    }

    pub fn end(&mut self) -> Result<(), Refused> {
        match self.next() {
            None => Ok(()),
            Some(sign) => Err(malformed(format!("unexpected token: {sign:?}"))),
        }
    }
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.')
}

pub fn malformed(words: impl Into<String>) -> Refused {
    Refused(400, "MALFORMED_QUERY", words.into(), Vec::new())
}
