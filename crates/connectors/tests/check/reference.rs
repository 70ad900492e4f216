//! The guide's reference is true: each variable is known where its tables say so and nowhere else, and no name of the format is
//! missing from the page.

use std::collections::{BTreeMap, BTreeSet};

use ringside_connectors::manifest::{check::schema, load::load};
use serde_json::Value;

const GUIDE: &str = include_str!("../../../../docs/connector-guide.md");
const FILE: &str = include_str!("reference.toml");

/// The columns of the guide's first table, and which places of the file each stands for.
const COLUMNS: [(&str, &[&str]); 9] = [
    ("`discover`", &["discover"]),
    ("`authorize`", &["authorize", "authorize_parameters", "client_id"]),
    ("`token`", &["token", "token_parameters", "client_secret"]),
    ("`session`, `set`", &["session", "set"]),
    ("`whoami`", &["whoami.request"]),
    ("`more`", &["whoami.more"]),
    ("`zone`", &["zone"]),
    ("`record_url`", &["record_url"]),
    ("operations", &OPERATIONS),
];
const OPERATIONS: [&str; 11] = [
    "find_contact",
    "find_contact_with_name",
    "get_contact",
    "enrich",
    "create_contact",
    "add_number",
    "log_call",
    "find_log",
    "update_log",
    "log_url",
    "log_fields",
];

/// What the file has for a name that the guide leaves open.
fn example_of(variable: &str) -> String {
    let known = [
        ("param.NAME", "param.team"),
        ("env.NAME", "env.base"),
        ("discovered.NAME", "discovered.place"),
        ("secret.NAME", "secret.key"),
        ("redirect.NAME", "redirect.back"),
        ("granted.NAME", "granted.given"),
        ("session.NAME", "session.opened"),
        ("account.NAME", "account.zone"),
        ("type.NAME", "type.table"),
        ("contact.extra", "contact.extra.org"),
        ("draft.extra", "draft.extra.source"),
        ("steps.NAME", "steps.before.made"),
        ("fields.NAME", "fields.matter"),
    ];
    let found = known.iter().find(|(open, _)| *open == variable);
    found.map_or(variable, |(_, example)| example).to_owned()
}

/// What is wrong with the file when this stands in that place.
fn problems(place: &str, expression: &str) -> Vec<String> {
    let at = format!("@{place}@");
    // What every request carries is made of what is kept secret.
    let expression = if place == "set" {
        expression.replace("session.opened", "session.proof")
    } else {
        expression.to_owned()
    };
    assert_eq!(FILE.matches(&at).count(), 1, "{at}");
    let mut file = FILE.replace(&at, &format!("{{{{ {expression} }}}}"));
    for (_, places) in COLUMNS {
        for place in places {
            file = file.replace(&format!("@{place}@"), "");
        }
    }
    load(&file)
        .err()
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// The rows of the table that stands behind these words: its cells.
fn table(behind: &str) -> Vec<Vec<&'static str>> {
    let rest = GUIDE.split_once(behind).unwrap().1;
    let rows = rest.lines().skip_while(|line| !line.starts_with('|'));
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

/// The code in a cell: `call.start .end` is two variables.
fn variables(cell: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for code in cell.split('`').skip(1).step_by(2) {
        let mut words = code.split(' ');
        let first = words.next().unwrap();
        let root = first.split('.').next().unwrap();
        found.push(first.to_owned());
        found.extend(words.map(|member| format!("{root}{member}")));
    }
    found
}

/// By place, the variables that the guide's tables give it.
fn given() -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut given: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let rows = table("## Reference");
    let heads: Vec<&str> = COLUMNS.iter().map(|(head, _)| *head).collect();
    assert_eq!(rows[0][1..], heads);
    for row in &rows[2..] {
        // In brackets it is said where they come from.
        let named = row[0].split('(').next().unwrap();
        for (cell, (_, places)) in row[1..].iter().zip(COLUMNS) {
            assert!(["●", ""].contains(cell), "{row:?}");
            for place in places.iter().filter(|_| *cell == "●") {
                given.entry(place).or_default().extend(variables(named));
            }
        }
    }
    // Nothing is captured before the first step.
    given.get_mut("session").unwrap().remove("session.NAME");
    let rows = table("With `all_types` there is no `type`.");
    let mut of_log = BTreeSet::new();
    for row in &rows[2..] {
        let mut named: BTreeSet<String> = variables(row[1]).into_iter().collect();
        if row[0] == "`log_call`" {
            of_log.clone_from(&named);
        }
        if row[1].starts_with("the same without") {
            named = of_log
                .iter()
                .filter(|name| !name.starts_with("steps"))
                .cloned()
                .collect();
        }
        if row[1].starts_with("as in `log_call`, and") {
            named.remove("log_call");
            named.extend(of_log.iter().cloned());
        }
        for place in row[0].split('`').skip(1).step_by(2) {
            let place = COLUMNS
                .iter()
                .flat_map(|(_, places)| *places)
                .find(|known| **known == place);
            given.entry(place.unwrap()).or_default().extend(named.iter().cloned());
        }
    }
    // Steps are known to steps; a log's page is made behind them.
    given.get_mut("log_url").unwrap().remove("steps.NAME");
    given
}

/// All that there is: the loader tells it to whoever misspells.
fn there_are(place: &str, expression: &str) -> BTreeSet<String> {
    let said = problems(place, expression);
    let [said] = said.as_slice() else {
        panic!("{place}: {expression}: {said:?}");
    };
    let Some((_, names)) = said.split_once("There are: ") else {
        return BTreeSet::new();
    };
    names.split(", ").map(str::to_owned).collect()
}

#[test]
fn the_file_of_these_tests_is_sound() {
    assert_eq!(problems("zone", "account.zone"), [""; 0]);
}

#[test]
fn every_variable_is_known_where_the_guide_says_so_and_nowhere_else() {
    let given = given();
    let roots = |variables: &BTreeSet<String>| -> BTreeSet<String> {
        let root = |variable: &String| variable.split('.').next().unwrap().to_owned();
        variables.iter().map(root).collect()
    };
    let everything: BTreeSet<String> = given.values().flatten().cloned().collect();
    assert!(everything.len() > 60, "{everything:?}");
    for (place, known) in &given {
        let all: Vec<String> = known.iter().map(|variable| example_of(variable)).collect();
        assert_eq!(problems(place, &all.join(" }}{{ ")), [""; 0], "{place}");
        for root in roots(&everything).difference(&roots(known)) {
            let of_root = |variable: &&String| variable.split('.').next() == Some(root);
            let said = problems(place, &example_of(everything.iter().find(of_root).unwrap()));
            assert!(!said.is_empty(), "the guide does not say that {place} knows {root}");
        }
    }
}

#[test]
fn the_guide_leaves_out_no_variable() {
    for (place, known) in given() {
        let mut members: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for variable in &known {
            let (root, member) = variable.split_once('.').unwrap_or((variable, ""));
            members.entry(root).or_default().insert(member);
        }
        let roots: BTreeSet<&str> = members.keys().copied().collect();
        let mut there = there_are(place, "nosuch");
        // In the first step of a session nothing is captured yet.
        if place == "session" || ["discover", "authorize", "token"].contains(&place) {
            there.remove("session");
        }
        if place == "discover" {
            there.remove("discovered");
        }
        assert_eq!(
            there.iter().map(String::as_str).collect::<BTreeSet<_>>(),
            roots,
            "{place}"
        );
        for (root, named) in members.into_iter().filter(|(_, named)| !named.contains("")) {
            // Of what a file may name as it likes only that there is such a thing.
            if named.contains("NAME") && named.len() == 1 {
                continue;
            }
            let there = there_are(place, &format!("{root}.nosuch"));
            let own: BTreeSet<String> = named
                .iter()
                .map(|name| example_of(&format!("{root}.{name}")))
                .map(|name| name.split('.').nth(1).unwrap().to_owned())
                .collect();
            assert_eq!(there, own, "{root} in {place}");
        }
    }
}

/// Words of the format that an author can write: names of tables' members, and values out of a list.
fn words() -> BTreeSet<String> {
    fn look(schema: &Value, words: &mut BTreeSet<String>) {
        words.extend(
            schema["properties"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone()),
        );
        for way in schema["oneOf"].as_array().into_iter().flatten() {
            words.extend(way["const"].as_str().map(str::to_owned));
            look(way, words);
        }
        let listed = schema["enum"].as_array().into_iter().flatten();
        words.extend(listed.filter_map(Value::as_str).map(str::to_owned));
    }
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    let mut words = BTreeSet::new();
    look(&schema, &mut words);
    schema["$defs"]
        .as_object()
        .unwrap()
        .values()
        .for_each(|part| look(part, &mut words));
    words
}

/// Whoever knows a CRM with a GraphQL API must be able to see that the file can do it.
#[test]
fn no_name_of_the_format_is_missing_from_the_guide() {
    // What stands in code only, in lines or in blocks, is what an author may write.
    let code: Vec<&str> = GUIDE.split('`').skip(1).step_by(2).collect();
    let is_part = |sign: char| sign.is_alphanumeric() || sign == '_';
    let there: BTreeSet<&str> = code.iter().flat_map(|code| code.split(|sign| !is_part(sign))).collect();
    let missing: Vec<String> = words()
        .into_iter()
        .filter(|word| !there.contains(word.as_str()))
        .collect();
    assert_eq!(missing, [""; 0]);
}
