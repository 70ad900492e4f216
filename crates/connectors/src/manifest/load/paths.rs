//! What is wrong with a JMESPath: what its reader says, in words for whoever wrote it, and what it would only say when it runs.

use jmespath::{
    Context, DEFAULT_RUNTIME, ErrorReason, JmespathError, Rcvar, RuntimeError, Variable,
    ast::{Ast, KeyValuePair},
};

use super::words::near;

/// The functions of JMESPath.
const FUNCTIONS: [&str; 26] = [
    "abs",
    "avg",
    "ceil",
    "contains",
    "ends_with",
    "floor",
    "join",
    "keys",
    "length",
    "map",
    "max",
    "max_by",
    "merge",
    "min",
    "min_by",
    "not_null",
    "reverse",
    "sort",
    "sort_by",
    "starts_with",
    "sum",
    "to_array",
    "to_number",
    "to_string",
    "type",
    "values",
];
const USUAL: &str = "Paths are JMESPath: `data.items[].id`, `join(' ', [first, last][?@])`";

/// The byte in the path, the message, and the hint.
pub(super) type Fault = (usize, String, String);

/// Why a path is none.
pub(super) fn unread(path: &str, error: &JmespathError) -> Fault {
    let (ErrorReason::Parse(why), at) = (&error.reason, error.offset) else {
        return (error.offset, format!("`{path}` is no path"), USUAL.to_owned());
    };
    let found = why.rsplit_once(" -- found ").map_or("", |(_, token)| token);
    let is_part = |sign: char| sign.is_alphanumeric() || sign == '_' || sign == '-';
    let (before, behind) = path.split_at_checked(at).unwrap_or((path, ""));
    let told = |why: &str, hint: String| (at, format!("`{path}` is no path: {why}"), hint);
    if why.starts_with("'-' must be followed") {
        let start = before.rfind(|sign| !is_part(sign)).map_or(0, |at| at + 1);
        let end = path[start..]
            .find(|sign| !is_part(sign))
            .map_or(path.len(), |end| start + end);
        let name = &path[start..end];
        let why = format!("the name `{name}` has a sign in it that needs quotes");
        return told(
            &why,
            format!("Write `\"{name}\"`, quotes and all; in TOML `'\"{name}\"'`"),
        );
    }
    if let Some(sign) = why.strip_prefix("Invalid character: ") {
        return told(
            &format!("`{sign}` is no sign of it"),
            "A path begins with a name, without `$` or `/`: `data.items[].id`".to_owned(),
        );
    }
    let number = found.strip_prefix("Number(").and_then(|rest| rest.strip_suffix(')'));
    if let Some(number) = number {
        let compares = before.trim_end().ends_with(['<', '>', '=']);
        return if compares {
            told("numbers stand in backticks", format!("Write `` `{number}` ``"))
        } else {
            told(
                "a place in a list stands in brackets",
                format!("Write `name[{number}]`"),
            )
        };
    }
    if found == "Eof" {
        let open = path.matches(['[', '(', '{']).count() > path.matches([']', ')', '}']).count();
        let why = if open {
            "a bracket is not closed"
        } else {
            "it ends too early"
        };
        return told(why, USUAL.to_owned());
    }
    if found.starts_with("Literal(String") && before.ends_with('[') {
        let hint = "Write `name.member`, or `name.\"first-name\"` where the member has such signs in it";
        return told("a member stands behind a point", hint.to_owned());
    }
    let why = match behind.chars().next() {
        Some(sign) if !found.is_empty() => format!("`{sign}` can't stand where it does"),
        _ => why.clone(),
    };
    told(&why, USUAL.to_owned())
}

/// What a path that can be read says and can't mean: a function that there is not, `true` as a member's name.
pub(super) fn faults(ast: &Ast) -> Vec<Fault> {
    let mut found = Vec::new();
    look(ast, &mut found);
    found
}

fn look(ast: &Ast, found: &mut Vec<Fault>) {
    let both = |lhs: &Ast, rhs: &Ast, found: &mut Vec<Fault>| {
        look(lhs, found);
        look(rhs, found);
    };
    match ast {
        Ast::Comparison { lhs, rhs, .. } => {
            for side in [lhs, rhs] {
                if let Ast::Field { name, offset } = &**side
                    && ["true", "false", "null"].contains(&name.as_str())
                {
                    found.push((
                        *offset,
                        format!("`{name}` is the name of a member here, not the value"),
                        format!("Write `` `{name}` ``, in backticks"),
                    ));
                }
            }
            both(lhs, rhs, found);
        }
        Ast::Function { name, args, offset } => {
            found.extend(misused(name, args.len()).map(|(message, hint)| (*offset, message, hint)));
            args.iter().for_each(|arg| look(arg, found));
        }
        Ast::Subexpr { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::And { lhs, rhs, .. }
        | Ast::Projection { lhs, rhs, .. } => both(lhs, rhs, found),
        Ast::Condition { predicate, then, .. } => both(predicate, then, found),
        Ast::Expref { ast, .. } => look(ast, found),
        Ast::Flatten { node, .. } | Ast::Not { node, .. } | Ast::ObjectValues { node, .. } => look(node, found),
        Ast::MultiList { elements, .. } => elements.iter().for_each(|element| look(element, found)),
        Ast::MultiHash { elements, .. } => elements
            .iter()
            .for_each(|KeyValuePair { value, .. }| look(value, found)),
        Ast::Identity { .. } | Ast::Field { .. } | Ast::Index { .. } | Ast::Literal { .. } | Ast::Slice { .. } => {}
    }
}

fn misused(name: &str, count: usize) -> Option<(String, String)> {
    let Some(function) = DEFAULT_RUNTIME.get_function(name) else {
        let hint = match name {
            "concat" | "concatenate" => "Write `join(' ', [first, last][?@])`".to_owned(),
            _ => near(name, &FUNCTIONS)
                .filter(|hint| hint.starts_with("Did"))
                .unwrap_or_else(|| format!("There are: {}", FUNCTIONS.join(", "))),
        };
        return Some((format!("There is no function `{name}` in paths"), hint));
    };
    // How many it takes it says before it looks at them.
    let nothing = vec![Rcvar::new(Variable::Null); count];
    let told = function
        .evaluate(&nothing, &mut Context::new(name, &DEFAULT_RUNTIME))
        .err()?;
    match told.reason {
        ErrorReason::Runtime(
            RuntimeError::NotEnoughArguments { expected, actual } | RuntimeError::TooManyArguments { expected, actual },
        ) => Some((
            format!("`{name}` takes {expected} values, and has {actual}"),
            "JMESPath's own pages say what each function takes: https://jmespath.org/specification.html".to_owned(),
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn these_are_the_functions() {
        assert!(
            FUNCTIONS
                .iter()
                .all(|name| DEFAULT_RUNTIME.get_function(name).is_some())
        );
        let (message, hint) = misused("not_nul", 1).unwrap();
        assert_eq!(
            (message.as_str(), hint.as_str()),
            ("There is no function `not_nul` in paths", "Did you mean `not_null`?")
        );
    }
}
