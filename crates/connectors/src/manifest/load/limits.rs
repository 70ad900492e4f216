//! How large what a file says may be before anything reads it.
//!
//! Readers of expressions, paths and patterns call themselves for each bracket, and some for each sign. One that runs out of
//! stack takes the process with it, and so does the next start, which reads the same file. What they get is measured first.

use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

/// Bytes of one expression or path.
const MOST_EXPRESSION: usize = 2_000;
/// How deep one may go: the deepest of those that ship goes 18 deep.
const MOST_NESTING: usize = 64;
/// What an open bracket is deep, beside what stands before it: readers go through everything that may stand in it.
const A_BRACKET: usize = 2;
/// Bytes of one pattern, and how many there may be: to compile one may take longer than all the rest of a file. One that must
/// match a whole text counts twice.
const MOST_PATTERN: usize = 1_000;
const MOST_PATTERNS: usize = 400;
/// Bytes of one that is compiled once, with the file. `\d` and `\w` are all digits and letters that there are: 10 kB and 60.
pub(super) const OF_THE_FILE: usize = 256 * 1024;
/// The same for those of the filter `matched`, which are compiled with each text.
pub(super) const OF_A_TEXT: usize = 64 * 1024;
/// Requests about one hit or one choice each, at once, while somebody waits.
pub(super) const MOST_ENRICHED: usize = 50;
/// Of more problems than this nobody reads the last, and each is looked up in the file.
pub(super) const MOST_PROBLEMS: usize = 100;

/// Why an expression or a path is not even read; `what` it is.
pub(super) fn too_much(what: &str, text: &str) -> Option<String> {
    if text.len() > MOST_EXPRESSION {
        return Some(format!("The {what} has more than {MOST_EXPRESSION} bytes"));
    }
    (nesting(text) > MOST_NESTING).then(|| format!("The {what} goes more than {MOST_NESTING} levels deep"))
}

/// The patterns of a file, each compiled once, and how many there were.
#[derive(Default)]
pub(super) struct Patterns(HashMap<(String, usize), Result<Regex, String>>);

impl Patterns {
    /// To `most` bytes.
    ///
    /// # Errors
    /// Why it is none, in words.
    pub(super) fn compiled(&mut self, pattern: &str, most: usize) -> Result<Regex, String> {
        if pattern.len() > MOST_PATTERN {
            return Err(format!("The pattern has more than {MOST_PATTERN} bytes"));
        }
        let key = (pattern.to_owned(), most);
        if let Some(known) = self.0.get(&key) {
            return known.clone();
        }
        if self.0.len() >= MOST_PATTERNS {
            return Err(format!("The file has more than {MOST_PATTERNS} patterns"));
        }
        let compiled = regex(pattern, most).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => TOO_LARGE.to_owned(),
            error => format!("The pattern is no regular expression: {}", why(&error)),
        });
        self.0.insert(key, compiled.clone());
        compiled
    }
}

/// Why a pattern that is well written is refused.
pub(super) const TOO_LARGE: &str =
    "The pattern is too large: a class such as `\\w` counts as often as a number in braces repeats it";

/// Compiles a pattern to no more bytes than it may have.
///
/// # Errors
/// It is no regular expression, or too big a one.
pub(super) fn regex(pattern: &str, most: usize) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(most).build()
}

/// The last line of what the compiler of patterns says: the ones before it draw the place.
fn why(error: &regex::Error) -> String {
    let all = error.to_string();
    let last = all.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

/// Not less than the depth of the tree that a reader makes of an expression or a JMESPath, nor than its own calls: each sign
/// or word that combines two parts, and each bracket, counts for all that stands with it up to a comma.
fn nesting(text: &str) -> usize {
    let mut around: Vec<usize> = Vec::new();
    let (mut here, mut deepest) = (0, 0);
    let mut signs = text.chars();
    let mut word = String::new();
    while let Some(sign) = signs.next() {
        if sign.is_alphanumeric() || sign == '_' {
            word.push(sign);
            continue;
        }
        here += usize::from(COMBINING.contains(&word.as_str()));
        word.clear();
        match sign {
            // In an expression `` ` `` is no quote, and nothing behind it is read.
            '\'' | '"' | '`' => skip_text(&mut signs, sign),
            '(' | '[' | '{' => {
                around.push(here + 1);
                here = 0;
            }
            ')' | ']' | '}' => here = around.pop().unwrap_or(here),
            ',' => here = 0,
            '.' | '|' | '&' | '!' | '=' | '<' | '>' | '*' | '?' | '~' | '+' | '-' | '/' | '%' => here += 1,
            _ => {}
        }
        let within: usize = around.iter().map(|here| here + A_BRACKET).sum();
        deepest = deepest.max(within + here);
    }
    deepest
}

/// Words of expressions that stand between two parts, or in front of one.
const COMBINING: [&str; 7] = ["and", "else", "if", "in", "is", "not", "or"];

/// As its reader does: a backslash hides the sign behind it.
fn skip_text(signs: &mut std::str::Chars<'_>, quote: char) {
    while let Some(sign) = signs.next() {
        if sign == quote {
            return;
        }
        if sign == '\\' {
            signs.next();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::thread;

    use super::*;
    use crate::manifest::load::{Problem, load};

    const SOUND: &str = include_str!("tests/sound.toml");

    /// What a file with this path says, read on a thread with as little stack as the runtime's have. One that overflows ends
    /// the whole test.
    fn read(from: &str, to: String) -> Vec<Problem> {
        assert_eq!(SOUND.matches(from).count(), 1, "{from:?} is not once in the file");
        let text = SOUND.replace(from, &to);
        let reader = thread::Builder::new().stack_size(1 << 20);
        let reader = reader.spawn(move || load(&text).err().unwrap_or_default()).unwrap();
        reader.join().unwrap()
    }

    fn says(from: &str, to: String, words: &str) {
        let shown: String = to.chars().take(60).collect();
        let problems = read(from, to);
        assert!(
            problems.iter().any(|problem| problem.message.contains(words)),
            "{shown}: {problems:#?}"
        );
    }

    #[test]
    fn a_path_that_would_take_the_process_down_is_a_problem_of_the_file() {
        let path = |path: String| format!("name = '{path}'");
        for (signs, words) in [
            ("!".repeat(200_000) + "a", "2000 bytes"),
            ("(".repeat(100_000) + "a", "2000 bytes"),
            ("!".repeat(1_990) + "a", "64 levels"),
            ("(".repeat(995) + "a" + &")".repeat(995), "64 levels"),
            ("[".repeat(995) + "a" + &"]".repeat(995), "64 levels"),
            ("a".to_owned() + &".a".repeat(990), "64 levels"),
            ("a".to_owned() + &"|a".repeat(990), "64 levels"),
            ("a".to_owned() + &"[]".repeat(990), "64 levels"),
            ("a".to_owned() + &"[0]".repeat(600), "64 levels"),
            ("a".to_owned() + &"[*]".repeat(600), "64 levels"),
            ("a".to_owned() + &"==a".repeat(600), "64 levels"),
            ("{a:".repeat(450) + "a" + &"}".repeat(450), "64 levels"),
            ("&".repeat(1_990) + "a", "64 levels"),
            ("a[?".repeat(450) + "a" + &"]".repeat(450), "64 levels"),
            ("*.".repeat(990) + "a", "64 levels"),
            // Only to choose a hint, a template in a path's place is read as one.
            ("{{".to_owned() + &"!".repeat(20_000) + "a}}", "This is a template"),
            ("{{".to_owned() + &"!".repeat(1_900) + "a}}", "This is a template"),
        ] {
            says("name = \"name\"", path(signs), words);
        }
        // As deep as it may be it is read, on the same stack.
        for deep in [
            "!".repeat(64) + "a",
            "(".repeat(21) + "a" + &")".repeat(21),
            "a".to_owned() + &"[0]".repeat(60),
        ] {
            assert_eq!(read("name = \"name\"", path(deep)), []);
        }
    }

    #[test]
    fn an_expression_that_would_is_one_too() {
        let template = |expression: String| format!("path = \"/x/{{{{ {expression} }}}}\"");
        let chain = |part: &str| "x".to_owned() + &part.repeat(1_950 / part.len());
        let chains = [
            "~x", ".x", "[0]", "|lower", " and x", "==x", "+x", " in x", "-1", " is none",
        ]
        .map(chain);
        let others = [
            "not ".repeat(490) + "a",
            "-".repeat(1_900) + "1",
            "(".repeat(900) + "1" + &")".repeat(900),
            "[".repeat(900) + "1" + &"]".repeat(900),
            "{'a':".repeat(300) + "1" + &"}".repeat(300),
            "x if y else ".repeat(150) + "z",
        ];
        for expression in chains.into_iter().chain(others) {
            says("path = \"/me\"", template(expression), "64 levels");
        }
        for deep in [
            "not ".repeat(64) + "1",
            "(".repeat(21) + "1" + &")".repeat(21),
            "1".to_owned() + &"+1".repeat(64),
        ] {
            assert_eq!(read("path = \"/me\"", template(deep)), []);
        }
    }

    #[test]
    fn what_is_in_texts_is_not_deep_and_what_stands_beside_is_not_deeper() {
        assert_eq!(nesting(r#""a.b.c.d".'..\'..'.`[[["]]]`"#), 2);
        assert_eq!(nesting("join(' ', [a.b, c.d, e.f][?@])"), 8);
        assert_eq!(nesting("a.b.c"), 2);
    }
}
