//! Lucene's classic query language, as far as a caller lookup needs it: fields, phrases, prefixes, groups, AND, OR, NOT.
//!
//! The grammar is the classic parser's, whose operators have no precedence: each clause must, should or must not hold.
//! What that parser refuses is refused: a bare sign that has a meaning, an open quote or bracket.

/// A record's texts of one field.
pub trait Document {
    fn texts(&self, field: &str) -> Option<Vec<String>>;
}

#[derive(Debug, PartialEq)]
pub enum Query {
    /// Clauses of one group.
    Group(Vec<(Occur, Query)>),
    /// Tokens one after the other; the last may be the beginning of one.
    Phrase {
        field: String,
        tokens: Vec<String>,
        prefix: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Occur {
    Must,
    Should,
    MustNot,
}

/// Reads a query.
///
/// # Errors
/// What the parser does not take, with the place.
pub fn parse(text: &str) -> Result<Query, String> {
    let letters: Vec<char> = text.chars().collect();
    let mut parser = Parser { letters, at: 0 };
    let query = parser.clauses(None)?;
    if parser.at < parser.letters.len() {
        return Err(parser.wrong("a closing bracket too many"));
    }
    Ok(query)
}

impl Query {
    /// # Errors
    /// A field that the record does not have.
    pub fn holds(&self, document: &dyn Document) -> Result<bool, String> {
        match self {
            Self::Phrase { field, tokens, prefix } => {
                let texts = document
                    .texts(field)
                    .ok_or_else(|| format!("undefined field {field}"))?;
                Ok(texts.iter().any(|text| contains(&analysed(text), tokens, *prefix)))
            }
            Self::Group(clauses) => {
                let (mut some, mut must) = (false, false);
                for (occur, query) in clauses {
                    let holds = query.holds(document)?;
                    match occur {
                        Occur::Must if !holds => return Ok(false),
                        Occur::MustNot if holds => return Ok(false),
                        Occur::Must => must = true,
                        Occur::Should => some |= holds,
                        Occur::MustNot => {}
                    }
                }
                // Nothing but NOT finds nothing.
                Ok(must || some)
            }
        }
    }
}

/// Letters and digits, in lower case; everything else parts words, but for an apostrophe between two letters.
pub fn analysed(text: &str) -> Vec<String> {
    let separates = |letter: char| !(letter.is_alphanumeric() || letter == '\'');
    let words = text.split(separates).map(|word| word.trim_matches('\''));
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

fn contains(stored: &[String], asked: &[String], prefix: bool) -> bool {
    if asked.is_empty() {
        return false;
    }
    stored.windows(asked.len()).any(|window| {
        window.iter().zip(asked).enumerate().all(|(at, (stored, asked))| {
            if prefix && at + 1 == window.len() {
                stored.starts_with(asked.as_str())
            } else {
                stored == asked
            }
        })
    })
}

struct Parser {
    letters: Vec<char>,
    at: usize,
}

/// Signs that a term may hold only behind a backslash.
const SIGNS: &str = "+-&|!(){}[]^\"~*?:\\/";

impl Parser {
    /// Clauses up to a closing bracket or the end. `field`: the one before the bracket.
    fn clauses(&mut self, field: Option<&str>) -> Result<Query, String> {
        let mut clauses: Vec<(Occur, Query)> = Vec::new();
        loop {
            self.blanks();
            if self.peek().is_none_or(|letter| letter == ')') {
                break;
            }
            let joined = self.joint();
            if joined.is_some() && clauses.is_empty() {
                return Err(self.wrong("an operator without a left side"));
            }
            let refused = self.negation();
            let query = self.clause(field)?;
            // AND makes its left side a must, too.
            if joined == Some(Occur::Must)
                && let Some(last) = clauses.last_mut()
                && last.0 == Occur::Should
            {
                last.0 = Occur::Must;
            }
            let occur = if refused {
                Occur::MustNot
            } else {
                joined.unwrap_or(Occur::Should)
            };
            clauses.push((occur, query));
        }
        if clauses.is_empty() {
            return Err(self.wrong("nothing to look for"));
        }
        Ok(Query::Group(clauses))
    }

    fn joint(&mut self) -> Option<Occur> {
        let joint = if self.word("AND") || self.word("&&") {
            Occur::Must
        } else if self.word("OR") || self.word("||") {
            Occur::Should
        } else {
            return None;
        };
        self.blanks();
        Some(joint)
    }

    fn negation(&mut self) -> bool {
        let refused = self.word("NOT") || self.sign('!') || self.sign('-');
        self.blanks();
        refused
    }

    fn clause(&mut self, field: Option<&str>) -> Result<Query, String> {
        if self.sign('(') {
            let group = self.clauses(field)?;
            return if self.sign(')') {
                Ok(group)
            } else {
                Err(self.wrong("an open bracket"))
            };
        }
        if self.sign('"') {
            let field = field.ok_or_else(|| self.wrong("a phrase without a field"))?;
            return self.phrase(field);
        }
        let (term, prefix) = self.term()?;
        if self.sign(':') && field.is_none() && !prefix {
            self.blanks();
            return self.clause(Some(&term));
        }
        let field = field.ok_or_else(|| self.wrong("a term without a field"))?;
        Ok(Query::Phrase {
            field: field.to_owned(),
            tokens: if prefix {
                vec![term.to_lowercase()]
            } else {
                analysed(&term)
            },
            prefix,
        })
    }

    fn phrase(&mut self, field: &str) -> Result<Query, String> {
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err(self.wrong("an open quote")),
                Some('"') => break,
                Some('\\') => text.push(self.next().ok_or_else(|| self.wrong("a backslash at the end"))?),
                Some(letter) => text.push(letter),
            }
        }
        Ok(Query::Phrase {
            field: field.to_owned(),
            tokens: analysed(&text),
            prefix: false,
        })
    }

    /// A term, and whether a star ends it.
    fn term(&mut self) -> Result<(String, bool), String> {
        let mut term = String::new();
        while let Some(letter) = self.peek() {
            match letter {
                '\\' => {
                    self.at += 1;
                    term.push(self.next().ok_or_else(|| self.wrong("a backslash at the end"))?);
                }
                '*' if !term.is_empty() => {
                    self.at += 1;
                    if self.peek().is_none_or(|letter| letter == ')' || letter.is_whitespace()) {
                        return Ok((term, true));
                    }
                    return Err(self.wrong("a star inside a term"));
                }
                ':' | ')' => break,
                letter if letter.is_whitespace() => break,
                // Inside a term a hyphen or a plus is a letter like any other.
                '-' | '+' if !term.is_empty() => {
                    self.at += 1;
                    term.push(letter);
                }
                letter if SIGNS.contains(letter) => return Err(self.wrong("a sign that has a meaning")),
                letter => {
                    self.at += 1;
                    term.push(letter);
                }
            }
        }
        if term.is_empty() {
            return Err(self.wrong("nothing where a term belongs"));
        }
        if ["AND", "OR", "NOT"].contains(&term.as_str()) {
            return Err(self.wrong("an operator where a term belongs"));
        }
        Ok((term, false))
    }

    /// An operator as a word of its own.
    fn word(&mut self, word: &str) -> bool {
        let end = self.at + word.len();
        let is_it = self.letters[self.at..]
            .iter()
            .copied()
            .zip(word.chars())
            .all(|(a, b)| a == b)
            && self.letters.len() >= end
            && self
                .letters
                .get(end)
                .is_none_or(|letter| letter.is_whitespace() || *letter == '(');
        if is_it {
            self.at = end;
        }
        is_it
    }

    fn sign(&mut self, sign: char) -> bool {
        let is_it = self.peek() == Some(sign);
        self.at += usize::from(is_it);
        is_it
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek();
        self.at += usize::from(letter.is_some());
        letter
    }

    fn wrong(&self, words: &str) -> String {
        format!("Cannot parse the query at {}: {words}", self.at)
    }
}
