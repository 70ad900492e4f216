//! Compiling the texts of a manifest, and collecting what is wrong with them.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use minijinja::Environment;
use regex::Regex;

use super::{
    Loaded, Problem,
    expressions::{broken_patterns, constant_dates, hint_for_pattern, multiplies_numbers, unknown_words, unquoted},
    limits::{self, MOST_PROBLEMS, Patterns},
    named::{Named, variables},
    names::Names,
    paths,
    place::{Step, position, span, written},
};
use crate::manifest::{
    format::Manifest,
    mapping::Doubts,
    render::{FUNCTIONS, Piece, compile, environment, pieces, without_texts},
};

pub(super) struct Checker<'t> {
    text: &'t str,
    document: &'t toml_edit::Document<&'t str>,
    /// Where we are.
    steps: Vec<Step>,
    /// With the byte at which each is.
    problems: Vec<(usize, Problem)>,
    environment: Environment<'static>,
    expressions: BTreeSet<String>,
    texts: HashMap<String, Arc<[Piece]>>,
    paths: HashMap<String, jmespath::Expression<'static>>,
    regexes: HashMap<String, Regex>,
    patterns: Patterns,
    named: Named,
}

impl<'t> Checker<'t> {
    pub(super) fn new(text: &'t str, document: &'t toml_edit::Document<&'t str>) -> Self {
        Self {
            text,
            document,
            steps: Vec::new(),
            problems: Vec::new(),
            environment: environment(),
            expressions: BTreeSet::new(),
            texts: HashMap::new(),
            paths: HashMap::new(),
            regexes: HashMap::new(),
            patterns: Patterns::default(),
            named: Named::default(),
        }
    }

    pub(super) fn finish(mut self, manifest: Manifest) -> Result<Loaded, Vec<Problem>> {
        if !self.problems.is_empty() {
            self.problems.sort_by_key(|(at, _)| *at);
            let mut problems: Vec<Problem> = self.problems.into_iter().map(|(_, problem)| problem).collect();
            problems.dedup();
            return Err(problems);
        }
        Ok(Loaded {
            manifest,
            environment: self.environment,
            texts: self.texts,
            paths: self.paths,
            regexes: self.regexes,
            named: Arc::new(self.named),
            doubts: Doubts::default(),
        })
    }

    /// Goes to a member and back.
    pub(super) fn at(&mut self, key: &str, check: impl FnOnce(&mut Self)) {
        self.steps.push(Step::Key(key.to_owned()));
        check(self);
        self.steps.pop();
    }

    /// Goes to each item of a list.
    pub(super) fn each<T>(&mut self, key: &str, items: &[T], mut check: impl FnMut(&mut Self, &T)) {
        self.at(key, |checker| {
            for (index, item) in items.iter().enumerate() {
                checker.at_index(index, |checker| check(checker, item));
            }
        });
    }

    pub(super) fn at_index(&mut self, index: usize, check: impl FnOnce(&mut Self)) {
        self.steps.push(Step::Index(index));
        check(self);
        self.steps.pop();
    }

    pub(super) fn problem(&mut self, message: impl Into<String>, hint: impl Into<String>) {
        let at = span(self.document, &self.steps).start;
        self.problem_at(at, message.into(), hint.into());
    }

    fn problem_at(&mut self, at: usize, message: String, hint: String) {
        if self.problems.len() >= MOST_PROBLEMS {
            return;
        }
        let (line, column) = position(self.text, at);
        let problem = Problem {
            message,
            hint: Some(hint).filter(|hint| !hint.is_empty()),
            line,
            column,
            path: written(&self.steps),
        };
        self.problems.push((at, problem));
    }

    /// A problem at a byte of a text of the file, as near as escapes let us see.
    fn problem_in(&mut self, text: &str, at: usize, message: String, hint: String) {
        let around = span(self.document, &self.steps);
        let start = around.start;
        let found = self.text.get(around).and_then(|source| source.find(text));
        let at = found.map_or(start, |found| start + found + at);
        self.problem_at(at, message, hint);
    }

    /// A template.
    pub(super) fn template(&mut self, text: &str, names: &Names) -> Option<Arc<[Piece]>> {
        let parted = match pieces(text) {
            Ok(parted) => parted,
            Err(broken) => {
                self.problem_in(
                    text,
                    broken.at,
                    broken.message.to_owned(),
                    "Write `{{ variable | filter }}`".to_owned(),
                );
                return None;
            }
        };
        for piece in &parted {
            if let Piece::Value(expression) = piece {
                self.expression_in(text, expression, names);
            }
        }
        let parted: Arc<[Piece]> = parted.into();
        self.texts.insert(text.to_owned(), Arc::clone(&parted));
        Some(parted)
    }

    /// An expression by itself: `when`, `fields`.
    pub(super) fn expression(&mut self, expression: &str, names: &Names) {
        if expression.contains("{{") {
            self.problem("An expression stands here, not a template", "Leave `{{` and `}}` out");
            return;
        }
        self.expression_in(expression, expression, names);
    }

    fn expression_in(&mut self, text: &str, expression: &str, names: &Names) {
        let at = text.find(expression).unwrap_or(0);
        if let Some(too_much) = limits::too_much("expression", expression) {
            return self.problem_in(text, at, too_much, String::new());
        }
        let bare = without_texts(expression);
        let unknown = unknown_words(&bare);
        let calls_a_method = unknown.iter().any(|(kind, ..)| *kind == "method");
        for (kind, name, hint) in unknown {
            let at = at + bare.find(&name).unwrap_or(0);
            self.problem_in(text, at, format!("There is no {kind} `{name}`"), hint);
        }
        if calls_a_method {
            // To the names below a method would be a member.
            return;
        }
        // A text or a list times a hundred million is one step, and does not fit into memory.
        if let Some(star) = bare.find('*')
            && !multiplies_numbers(&bare)
        {
            return self.problem_in(
                text,
                at + star,
                "`*` is for two numbers, once in an expression".to_owned(),
                "Write `call.seconds * 1000`, or `(x | int) * 60`".to_owned(),
            );
        }
        if self.expressions.insert(expression.to_owned())
            && let Err(fault) = compile(&mut self.environment, expression)
        {
            let why = fault.detail().unwrap_or("it is not complete").to_owned();
            self.expressions.remove(expression);
            return self.problem_in(
                text,
                at,
                format!("`{expression}` is no expression: {why}"),
                String::new(),
            );
        }
        for (at_pattern, why) in broken_patterns(expression, &bare, &mut self.patterns) {
            let hint = hint_for_pattern(expression, &why).to_owned();
            self.problem_in(text, at + at_pattern, why, hint);
        }
        for (at_format, format) in constant_dates(expression, &bare) {
            self.problem_in(
                text,
                at + at_format,
                format!("{format} names no part of a date: this very text would be sent"),
                "Write it as `%Y-%m-%d %H:%M:%S`".to_owned(),
            );
        }
        for variable in variables(&self.environment, expression, &bare).unwrap_or_default() {
            let Some(root) = variable.first().filter(|root| !FUNCTIONS.contains(&root.as_str())) else {
                continue;
            };
            self.named.add(&self.steps, &variable);
            if let Some((message, hint)) = names.refuse(&variable) {
                let written = variable.join(".");
                let hint = unquoted(&bare, &written).unwrap_or(hint);
                let place = bare.find(&written).or_else(|| bare.find(root)).unwrap_or(0);
                self.problem_in(text, at + place, message, hint);
            }
        }
    }

    /// A JMESPath.
    pub(super) fn path(&mut self, path: &str) {
        if let Some((before, rest)) = path.split_once("{{") {
            let named = rest.split("}}").next().unwrap_or_default().trim();
            let is_path = || limits::too_much("path", named).is_none() && jmespath::compile(named).is_ok();
            let hint = if before.is_empty() && is_path() {
                format!("Write `{named}`")
            } else {
                "Leave `{{` and `}}` out: a path is JMESPath on the answer, `data.items`".to_owned()
            };
            return self.problem("This is a template, and a path stands here", hint);
        }
        if let Some(too_much) = limits::too_much("path", path) {
            return self.problem(too_much, "");
        }
        match jmespath::compile(path) {
            Ok(compiled) => {
                for (at, message, hint) in paths::faults(compiled.as_ast()) {
                    self.problem_in(path, at, message, hint);
                }
                self.paths.insert(path.to_owned(), compiled);
            }
            Err(error) => {
                let (at, message, hint) = paths::unread(path, &error);
                self.problem_in(path, at, message, hint);
            }
        }
    }

    pub(super) fn path_at(&mut self, key: &str, path: Option<&String>) {
        if let Some(path) = path {
            self.at(key, |checker| checker.path(path));
        }
    }

    /// A regular expression that must match a whole text.
    pub(super) fn pattern(&mut self, pattern: &str) -> Option<Regex> {
        let whole = format!("^(?:{pattern})$");
        // By itself first: `)|(` would be one only within brackets.
        let compiled = self
            .patterns
            .compiled(pattern, limits::OF_THE_FILE)
            .and_then(|_| self.patterns.compiled(&whole, limits::OF_THE_FILE));
        match compiled {
            Ok(regex) => {
                self.regexes.insert(pattern.to_owned(), regex.clone());
                Some(regex)
            }
            Err(why) => {
                let hint = hint_for_pattern(pattern, &why);
                self.problem(why, hint);
                None
            }
        }
    }
}
