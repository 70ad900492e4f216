//! `ringside number`: reads numbers, from the arguments or one a line from standard input. It needs no profile, opens no
//! file, and prints each answer before it waits for the next line.

use std::io::{self, BufRead, Write};

use clap::Args;
use ringside_ipc::{ApiError, number::NumberReader, settings::NumberReadDto};

use crate::{exit::Exit, show};

/// More of a line than this is neither read as a number nor printed; the rest of the line is skipped.
const LINE_CAP: usize = 4096;

/// Read phone numbers: what they are, their keys, and the forms in which a CRM may hold them
#[derive(Args)]
pub struct Number {
    /// What to read; without it, one a line from standard input
    #[arg(allow_hyphen_values = true)]
    texts: Vec<String>,
    /// The country of numbers without a country code: two letters, DE; ZZ for none
    #[arg(long, value_name = "COUNTRY")]
    home: Option<String>,
    /// The digits dialled to get an outside line, 0 or 9
    #[arg(long, value_name = "DIGITS")]
    outside: Option<String>,
    /// A format of your own, such as "(###) ###-####"; may be given more than once
    #[arg(long, value_name = "FORMAT")]
    format: Vec<String>,
}

/// # Errors
/// What the arguments say that can't be used. A pipe that is closed at the other end is no error.
pub fn run(number: &Number, json: bool, out: &mut impl Write) -> Result<Exit, ApiError> {
    let reader =
        NumberReader::new(number.home.as_deref(), number.outside.as_deref(), &number.format).map_err(|error| {
            ApiError {
                code: crate::exit::USAGE.to_owned(),
                ..error
            }
        })?;
    let done = if number.texts.is_empty() {
        each_line(&mut io::stdin().lock(), &reader, json, out)
    } else {
        number
            .texts
            .iter()
            .try_for_each(|text| print(&reader.read(text), json, out))
    };
    crate::exit::written(done.and_then(|()| out.flush()))?;
    Ok(Exit::Done)
}

fn each_line(input: &mut impl BufRead, reader: &NumberReader, json: bool, out: &mut impl Write) -> io::Result<()> {
    let mut line = Vec::with_capacity(256);
    while next_line(input, &mut line, out)? {
        // Bytes that are no UTF-8 are shown as such and never part of a number.
        print(&reader.read(&String::from_utf8_lossy(&line)), json, out)?;
    }
    Ok(())
}

/// Fills `line` with the next line, without its end, cut at the cap between letters. False at the end of the input.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>, out: &mut impl Write) -> io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        // Whoever writes a line and waits for its answer gets it now.
        out.flush()?;
        let bytes = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            bytes => bytes?,
        };
        if bytes.is_empty() {
            break;
        }
        any = true;
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let part = &bytes[..end.unwrap_or(bytes.len())];
        let room = LINE_CAP.saturating_sub(line.len());
        line.extend_from_slice(&part[..part.len().min(room)]);
        let used = end.map_or(bytes.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            break;
        }
    }
    if line.len() == LINE_CAP
        && let Err(cut) = std::str::from_utf8(line)
        && cut.error_len().is_none()
    {
        line.truncate(cut.valid_up_to());
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(any)
}

fn print(read: &NumberReadDto, json: bool, out: &mut impl Write) -> io::Result<()> {
    if json {
        show::json_line(read, out)
    } else {
        show::number(read, out)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn lines(input: &[u8]) -> Vec<serde_json::Value> {
        let reader = NumberReader::new(Some("DE"), None, &[]).unwrap();
        let mut out = Vec::new();
        // A small buffer, so that lines cross its edges.
        each_line(&mut io::BufReader::with_capacity(7, input), &reader, true, &mut out).unwrap();
        out.split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    #[test]
    fn every_line_has_an_answer() {
        let answers = lines(b"030 23125 012\r\n\n+44 20 7946 0018\nlast, no end");
        let kinds: Vec<_> = answers.iter().map(|answer| answer["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["number", "unreadable", "number", "unreadable"]);
        assert_eq!(answers[0]["input"], "030 23125 012");
        assert_eq!(answers[0]["keys"][0], "+493023125012");
    }

    #[test]
    fn bytes_that_are_no_text_are_no_number() {
        let answers = lines(b"\xff\xfe\n030 23125 012\n");
        assert_eq!(answers[0]["kind"], "unreadable");
        assert_eq!(answers[1]["kind"], "number");
    }

    #[test]
    fn a_huge_line_is_cut_and_the_next_one_is_read() {
        let mut input = "ü".repeat(5_000_000).into_bytes();
        input.extend_from_slice(b"\n030 23125 012\n");
        let answers = lines(&input);
        assert_eq!(answers.len(), 2);
        assert!(answers[0]["input"].as_str().unwrap().len() <= LINE_CAP);
        assert!(!answers[0]["input"].as_str().unwrap().contains('\u{fffd}'));
        assert_eq!(answers[1]["e164"], "+493023125012");
    }
}
