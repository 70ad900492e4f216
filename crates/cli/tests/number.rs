//! `ringside number`, as scripts use it: the real program, real pipes.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

fn ringside(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringside"));
    // Neither a home nor a session bus is there: the command needs none.
    command
        .args(args)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn fed(args: &[&str], input: &[u8]) -> Output {
    let mut child = ringside(args).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeding = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    feeding.join().unwrap();
    output
}

fn answers(output: &Output) -> Vec<Value> {
    String::from_utf8(output.stdout.clone())
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn one_object_a_line() {
    let output = fed(
        &["number", "--home", "DE", "--json"],
        b"030 23125 012\n+44 20 7946 0123 ext. 5\n104\nanonymous\njunk\n\n",
    );
    assert_eq!(output.status.code(), Some(0));
    let answers = answers(&output);
    let kinds: Vec<_> = answers.iter().map(|answer| answer["kind"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        ["number", "number", "extension", "withheld", "unreadable", "unreadable"]
    );
    assert_eq!(answers[0]["keys"], serde_json::json!(["+493023125012"]));
    assert_eq!(answers[1]["extension"], "5");
    let names: Vec<_> = answers[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["e164", "extension", "forms", "input", "keys", "kind"]);
    assert!(
        answers[0]["forms"]
            .as_array()
            .unwrap()
            .iter()
            .all(|form| form["format"].is_string() && form["text"].is_string())
    );
}

#[test]
fn an_answer_comes_before_the_next_line_is_asked_for() {
    let mut child: Child = ringside(&["number", "--json"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for number in ["+442079460123", "+493023125012"] {
        writeln!(stdin, "{number}").unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["e164"], number);
    }
    drop(stdin);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert!(rest.is_empty() && child.wait().unwrap().success());
}

#[test]
fn bytes_and_huge_lines_are_handled() {
    let mut input = b"\xff\xfe+442079460123\n".to_vec();
    input.extend(std::iter::repeat_n(b'7', 10 * 1024 * 1024));
    input.extend_from_slice(b"\n+442079460123\n");
    let answers = answers(&fed(&["number", "--json"], &input));
    assert_eq!(answers.len(), 3);
    assert!(answers[1]["input"].as_str().unwrap().len() <= 4096);
    assert_eq!(answers[1]["kind"], "unreadable");
    assert_eq!(answers[2]["e164"], "+442079460123");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = ringside(&["number", "--json"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    drop(child.stdout.take());
    let feeding = std::thread::spawn(move || while stdin.write_all(b"+442079460123\n").is_ok() {});
    let output = child.wait_with_output().unwrap();
    feeding.join().unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.stderr.is_empty());
}

#[test]
fn arguments_are_read_and_wrong_ones_are_usage() {
    let output = fed(&["number", "-1", "+44 20 7946 0123"], b"");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("+442079460123") && text.contains("E.164"), "{text}");
    for wrong in [
        &["number", "--home", "UK", "1"][..],
        &["number", "--format", "{x}", "1"],
        &["nonsense"],
        &["log"],
    ] {
        let output = fed(wrong, b"");
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(!output.stderr.is_empty());
    }
    let masked = answers(&fed(
        &["number", "--json", "--format", "(###) ###-####", "+1 202 555 0142"],
        b"",
    ));
    assert_eq!(masked[0]["forms"][0]["text"], "(202) 555-0142");
}
