//! `ringside connector check`: what is wrong with a connector's file, and whether its examples hold. It needs no profile, asks
//! nobody, and reads nothing but the files.

use std::{
    fs::{File, Metadata},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use ringside_app::{ConnectorProblem, ConnectorReport, check_connector};
use ringside_ipc::ApiError;
use serde_json::{Value, json};

use crate::{
    exit::{Exit, USAGE, written},
    reach,
    show::{self, plain},
};

/// Bytes that are read of a file; longer ones are refused by the check in its own words.
const MOST: u64 = 257 * 1024;

/// # Errors
/// A named file that can't be read. What is wrong in it is the answer, and ends the command as refused; so does a file of
/// one's own that can't be read, and the others are checked all the same.
pub fn run(files: &[PathBuf], profile: &str, json: bool, out: &mut impl Write) -> Result<Exit, ApiError> {
    let texts: Vec<Text> = if files.is_empty() {
        own(profile)?
    } else {
        let named = |file| read(file).map(|(name, text)| (name, Ok(text)));
        files.iter().map(named).collect::<Result<_, _>>()?
    };
    if texts.is_empty() {
        let error = ApiError::new("not_found", "you have no connector files of your own");
        return Err(error.hint("Name a file: ringside connector check my-crm.toml"));
    }
    let reports: Vec<(String, ConnectorReport)> = texts
        .into_iter()
        .map(|(name, text)| {
            let report = match text {
                Ok(text) => check_connector(Path::new(&name), &text),
                Err(why) => unread(why),
            };
            (name, report)
        })
        .collect();
    written(if json {
        in_json(&reports, out)
    } else {
        in_words(&reports, out)
    })?;
    Ok(if reports.iter().all(|(_, report)| report.is_good()) {
        Exit::Done
    } else {
        Exit::Refused
    })
}

/// A file's name, and its text or in words why it can't be read.
type Text = (String, Result<String, String>);

fn own(profile: &str) -> Result<Vec<Text>, ApiError> {
    let folders = reach::folders(profile)?;
    Ok(ringside_app::own_connectors(&folders).into_iter().collect())
}

fn unread(why: String) -> ConnectorReport {
    ConnectorReport {
        problems: vec![ConnectorProblem {
            message: why,
            hint: None,
            line: 1,
            column: 1,
            path: String::new(),
        }],
        ..ConnectorReport::default()
    }
}

fn read(path: &PathBuf) -> Result<(String, String), ApiError> {
    let name = path.display().to_string();
    let unread = |error: io::Error| ApiError::new(USAGE, format!("{name} can't be read: {error}"));
    let what = path.metadata().map_err(unread)?;
    if what.is_dir() || waits(path, &what) {
        return Err(ApiError::new(USAGE, format!("{name} is not a file")));
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut bytes));
    read.map_err(unread)?;
    let text = String::from_utf8(bytes).map_err(|_| ApiError::new(USAGE, format!("{name} is not UTF-8 text")))?;
    Ok((name, text))
}

/// A named pipe without a writer waits for one for ever, where it is opened. The shell's own, `/dev/stdin` and `<(…)`, are open.
#[cfg(unix)]
fn waits(path: &Path, what: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let opened = ["/dev", "/proc"].iter().any(|place| path.starts_with(place));
    what.file_type().is_fifo() && !opened
}

#[cfg(not(unix))]
fn waits(_: &Path, _: &Metadata) -> bool {
    false
}

fn in_words(reports: &[(String, ConnectorReport)], out: &mut impl Write) -> io::Result<()> {
    for (name, report) in reports {
        for (word, problems) in [("error", &report.problems), ("warning", &report.warnings)] {
            for problem in problems {
                let ConnectorProblem {
                    line, column, message, ..
                } = problem;
                writeln!(out, "{}:{line}:{column} {word} {}", plain(name), plain(message))?;
                if let Some(hint) = &problem.hint {
                    writeln!(out, "  hint: {}", plain(hint))?;
                }
            }
        }
        for example in &report.examples {
            let Some(difference) = &example.difference else {
                continue;
            };
            writeln!(
                out,
                "{}:{}:1 example failed: {}",
                plain(name),
                example.line,
                plain(&example.name)
            )?;
            for line in difference.lines() {
                writeln!(out, "  {}", plain(line))?;
            }
        }
    }
    let examples = || reports.iter().flat_map(|(_, report)| &report.examples);
    let passed = examples().filter(|example| example.passed()).count();
    let failed = examples().count() - passed;
    let broken = reports.iter().any(|(_, report)| !report.problems.is_empty());
    let not_run = if broken {
        "; none is run of a file with errors"
    } else {
        ""
    };
    writeln!(out, "{passed} examples passed, {failed} failed{not_run}")
}

fn in_json(reports: &[(String, ConnectorReport)], out: &mut impl Write) -> io::Result<()> {
    let problem = |problem: &ConnectorProblem| {
        json!({
            "message": problem.message,
            "hint": problem.hint,
            "line": problem.line,
            "column": problem.column,
            "path": problem.path,
        })
    };
    let problems = |problems: &[ConnectorProblem]| problems.iter().map(problem).collect::<Vec<Value>>();
    let files = reports.iter().map(|(name, report)| {
        let examples = report.examples.iter().map(|example| {
            json!({
                "name": example.name,
                "line": example.line,
                "passed": example.passed(),
                "difference": example.difference,
            })
        });
        json!({
            "file": name,
            "good": report.is_good(),
            "problems": problems(&report.problems),
            "warnings": problems(&report.warnings),
            "examples": examples.collect::<Vec<Value>>(),
        })
    });
    show::json_line(&json!({ "files": files.collect::<Vec<Value>>() }), out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, json: bool) -> (Exit, String) {
        said_of("hubspot.toml", text, json)
    }

    fn said_of(name: &str, text: &str, json: bool) -> (Exit, String) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let mut out = Vec::new();
        let exit = run(&[file], "", json, &mut out).unwrap();
        let said = String::from_utf8(out).unwrap();
        (exit, said.replace(&folder.path().display().to_string(), ""))
    }

    #[test]
    fn a_file_that_ships_is_good() {
        let (exit, said) = said(include_str!("../../../connectors/hubspot.toml"), false);
        assert_eq!(exit, Exit::Done);
        assert!(
            said.ends_with(" examples passed, 0 failed\n") && !said.starts_with('0'),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }

    #[test]
    fn a_file_that_is_not_named_like_its_id_is_told() {
        let (exit, said) = said_of("crm.toml", include_str!("../../../connectors/hubspot.toml"), false);
        assert_eq!(exit, Exit::Done);
        assert!(
            said.starts_with("/crm.toml:5:6 warning The file's id is `hubspot`"),
            "{said}"
        );
        assert!(said.contains("hint: Name it `hubspot.toml`"), "{said}");
    }

    #[test]
    fn a_fault_is_said_with_its_place_and_what_to_do() {
        let text = include_str!("../../../connectors/hubspot.toml").replace("{{ draft.email }}", "{{ draft.e_mail }}");
        let (exit, words) = said(&text, false);
        assert_eq!(exit, Exit::Refused);
        let mut lines = words.lines();
        let first = lines.next().unwrap();
        assert!(
            first.starts_with("/hubspot.toml:") && first.contains(" error `draft` has no `e_mail` here"),
            "{words}"
        );
        assert!(lines.next().unwrap().starts_with("  hint: There are: "), "{words}");
        let (exit, json) = said(&text, true);
        assert_eq!(exit, Exit::Refused);
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["files"][0]["good"], false);
        assert!(json["files"][0]["problems"][0]["line"].as_u64().unwrap() > 100);
    }

    #[test]
    fn an_example_that_fails_shows_what_was_expected_and_what_was_sent() {
        let text = include_str!("../../../connectors/hubspot.toml")
            .replace("value = \"*{{ number.sig }}\"", "value = \"*{{ number.national }}\"");
        let (exit, words) = said(&text, false);
        assert_eq!(exit, Exit::Refused);
        assert!(
            words.contains("example failed: one request for contacts and one for companies\n"),
            "{words}"
        );
        assert!(
            words.contains("expected: \"*2025550123\"") && words.contains("sent:     \"*(202) 555-0123\""),
            "{words}"
        );
        assert!(
            words.ends_with(" failed\n") && !words.ends_with(" 0 failed\n"),
            "{words}"
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_wrong_usage() {
        let error = run(&["/no/such.toml".into()], "", false, &mut Vec::new()).unwrap_err();
        assert_eq!(Exit::of(&error), Exit::Usage);
    }
}
