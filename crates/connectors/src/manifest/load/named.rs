//! Which variables the templates and expressions of a file name, and where. Whoever asks what an operation needs, or what is
//! never used, asks here: what was compiled, not how somebody wrote it.

use std::{collections::BTreeSet, sync::LazyLock};

use minijinja::Environment;
use regex::Regex;

use super::place::Step;
use crate::manifest::render::constant;

/// A variable and its members, `account.team`: also where it is written `account ['team']`.
pub(crate) type Variable = Vec<String>;

/// The variables of a whole file, each with the place of the text that names it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named(Vec<(Vec<Step>, Variable)>);

impl Named {
    pub(super) fn add(&mut self, at: &[Step], variable: &Variable) {
        self.0.push((at.to_vec(), variable.clone()));
    }

    /// Whether any text of the file names it, or names its root as a whole.
    pub fn names(&self, root: &str, name: &str) -> bool {
        self.0.iter().any(|(_, variable)| is(variable, root, name))
    }

    /// What the texts below a place name.
    pub fn below<'n>(&'n self, at: &[Step]) -> impl Iterator<Item = (&'n [Step], &'n Variable)> {
        let all = self.0.iter();
        all.filter_map(|(place, variable)| Some((place.strip_prefix(at)?, variable)))
    }

    /// Whether the person can insist on a contact that the CRM takes for one it has: the texts below the place that creates it
    /// name `draft.force`.
    pub fn insists(&self, own: Option<&str>) -> bool {
        let key = |key: &str| Step::Key(key.to_owned());
        let create = key("create_contact");
        let at = own.map_or_else(
            || vec![create.clone()],
            |kind| vec![key("for"), key(kind), create.clone()],
        );
        self.below(&at).any(|(_, variable)| is(variable, "draft", "force"))
    }

    /// Whether a part of the file, such as an operation, names a variable of this root: for all types or for a single one.
    pub fn part_names(&self, part: &str, root: &str) -> bool {
        let is_part = |step: &Step| matches!(step, Step::Key(key) if key == part);
        let is_for = |step: &Step| matches!(step, Step::Key(key) if key == "for");
        self.0.iter().any(|(place, variable)| {
            let within = match place.as_slice() {
                [first, _, operation, ..] if is_for(first) => is_part(operation),
                [first, ..] => is_part(first),
                [] => false,
            };
            within && variable.first().is_some_and(|first| first == root)
        })
    }
}

/// Whether it is `root.name` or a part of it, or all of `root`; a root may have a point in it, `draft.extra`.
pub(crate) fn is(variable: &Variable, root: &str, name: &str) -> bool {
    let mut parts = variable.iter();
    for wanted in root.split('.').chain([name]) {
        match parts.next() {
            Some(part) if part == wanted => {}
            Some(_) => return false,
            None => {
                return variable
                    .first()
                    .is_some_and(|first| root.split('.').next() == Some(first));
            }
        }
    }
    true
}

/// The variables of an expression. `bare` is the expression without its texts; `None`: it does not compile.
pub(super) fn variables(environment: &Environment<'_>, expression: &str, bare: &str) -> Option<BTreeSet<Variable>> {
    let (pointed, members) = with_points(expression, bare);
    let compiled = environment.compile_expression_owned(pointed).ok()?;
    let part = |part: &str| {
        let member = part
            .strip_prefix(STANDS_FOR)
            .and_then(|number| number.parse::<usize>().ok())
            .and_then(|number| members.get(number));
        member.map_or_else(|| part.to_owned(), Clone::clone)
    };
    let named = compiled.undeclared_variables(true);
    Some(
        named
            .iter()
            .map(|variable| variable.split('.').map(part).collect())
            .collect(),
    )
}

/// The compiler's list of variables follows points only, and not every name can stand behind one.
const STANDS_FOR: &str = "__member_";

/// `redirect['accounts-server']` as `redirect.__member_0`, and what that stands for.
fn with_points(expression: &str, bare: &str) -> (String, Vec<String>) {
    static MEMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"\[\s*(?:'[^']*'|"[^"]*")\s*\]"#).ok());
    let (mut pointed, mut members, mut rest) = (String::new(), Vec::new(), 0);
    for found in MEMBER.iter().flat_map(|member| member.find_iter(bare)) {
        let literal = expression[found.range()].trim_matches(|sign: char| "[]".contains(sign) || sign.is_whitespace());
        let member = constant(literal).filter(|_| is_member(&bare[..found.start()]));
        if let Some(member) = member {
            pointed.push_str(&expression[rest..found.start()]);
            pointed.push_str(&format!(".{STANDS_FOR}{}", members.len()));
            members.push(member);
            rest = found.end();
        }
    }
    pointed.push_str(&expression[rest..]);
    (pointed, members)
}

/// Whether a bracket behind this is a member's, and does not begin a list.
fn is_member(before: &str) -> bool {
    const WORDS: [&str; 8] = ["and", "or", "not", "in", "is", "if", "else", "then"];
    let before = before.trim_end();
    let is_part = |sign: char| sign.is_alphanumeric() || sign == '_';
    let word = before.rsplit(|sign| !is_part(sign)).next().unwrap_or_default();
    before.ends_with([')', ']']) || !word.is_empty() && !WORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::manifest::render::{environment, without_texts};

    fn found(expression: &str) -> Vec<String> {
        let variables = variables(&environment(), expression, &without_texts(expression)).unwrap();
        variables.iter().map(|variable| variable.join("/")).collect()
    }

    #[test]
    fn a_variable_is_known_however_it_is_written() {
        for (expression, variables) in [
            ("account.team", vec!["account/team"]),
            ("account .team", vec!["account/team"]),
            ("account\n . team | trim", vec!["account/team"]),
            ("account['team']", vec!["account/team"]),
            ("account [ \"team\" ].id", vec!["account/team/id"]),
            ("redirect['accounts-server']", vec!["redirect/accounts-server"]),
            ("a['x.y']['it\\'s']", vec!["a/x.y/it's"]),
            ("a[b]", vec!["a", "b"]),
            ("a[0].b", vec!["a"]),
            ("x in ['account.team']", vec!["x"]),
            ("x or ['y'] | first", vec!["x"]),
            ("'account.team' ~ \"['x']\"", vec![]),
            ("(a or b)['x']", vec!["a", "b"]),
            ("['a', 'b'] | first", vec![]),
            ("call.timezone", vec!["call/timezone"]),
        ] {
            assert_eq!(found(expression), variables, "{expression}");
        }
    }

    #[test]
    fn a_whole_names_all_of_its_parts_and_a_part_not_its_like() {
        let variable = |text: &str| text.split('.').map(str::to_owned).collect::<Variable>();
        for (text, root, name, yes) in [
            ("type.fields", "type", "fields", true),
            ("type.fields.phone", "type", "fields", true),
            ("type.fields_2", "type", "fields", false),
            ("type", "type", "fields", true),
            ("draft.extra.source", "draft.extra", "source", true),
            ("draft.extra", "draft.extra", "source", true),
            ("draft.email", "draft.extra", "email", false),
            ("subtype.fields", "type", "fields", false),
        ] {
            assert_eq!(is(&variable(text), root, name), yes, "{text}: {root}.{name}");
        }
    }
}
