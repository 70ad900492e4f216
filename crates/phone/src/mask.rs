//! Masks as App Connect users write them: `(###) ###-####`.

use std::fmt;

use crate::PhoneNumber;
use crate::format::FormatError;

/// Longer ones are a mistake, such as a whole list pasted without commas.
const MAX_CHARS: usize = 64;

#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Mask {
    text: String,
    pieces: Vec<Piece>,
    places: usize,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Piece {
    /// `*` or `#`: the next digit of the national significant number.
    Place,
    Literal(char),
    E164,
    Code,
    Extension,
}

impl Mask {
    /// Reads a trimmed mask. Positions in errors count its characters from 1.
    pub fn parse(text: &str) -> Result<Mask, FormatError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(sign) = rest.chars().next() {
            let position = 1 + text[..text.len() - rest.len()].chars().count();
            if position > MAX_CHARS {
                return Err(FormatError::new(
                    position,
                    format!("a format has at most {MAX_CHARS} characters; put commas between several"),
                ));
            }
            let (piece, length) = match sign {
                '*' | '#' => (Piece::Place, 1),
                '{' => token(rest).ok_or_else(|| {
                    FormatError::new(
                        position,
                        "unknown word in braces; only {e164}, {cc} and {ext} can stand there",
                    )
                })?,
                '}' => {
                    return Err(FormatError::new(
                        position,
                        "a closing brace without an opening one; the words are {e164}, {cc} and {ext}",
                    ));
                }
                _ if sign.is_control() => {
                    return Err(FormatError::new(
                        position,
                        "a character that cannot be seen; type the format anew",
                    ));
                }
                _ => (Piece::Literal(sign), sign.len_utf8()),
            };
            pieces.push(piece);
            rest = &rest[length..];
        }
        let places = pieces.iter().filter(|piece| **piece == Piece::Place).count();
        if pieces
            .iter()
            .all(|piece| matches!(piece, Piece::Literal(_) | Piece::Extension | Piece::Code))
        {
            return Err(FormatError::new(
                1,
                "no place for a digit; put # or * where each digit goes, as in (###) ###-####, or write a name such as E.164, international or national",
            ));
        }
        Ok(Mask {
            text: text.to_owned(),
            pieces,
            places,
        })
    }

    /// None unless there is a place for every digit, and a digit for every place.
    pub fn apply(&self, number: &PhoneNumber) -> Option<String> {
        if self.places > 0 && self.places != number.nsn().len() {
            return None;
        }
        let mut digits = number.nsn().chars();
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Place => text.push(digits.next()?),
                Piece::Literal(sign) => text.push(*sign),
                Piece::E164 => text.push_str(number.e164()),
                Piece::Code => text.push_str(&number.country_code().to_string()),
                Piece::Extension => text.push_str(number.extension()?),
            }
        }
        Some(text)
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn token(rest: &str) -> Option<(Piece, usize)> {
    [
        ("{e164}", Piece::E164),
        ("{cc}", Piece::Code),
        ("{ext}", Piece::Extension),
    ]
    .into_iter()
    .find(|(word, _)| {
        rest.get(..word.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(word))
    })
    .map(|(word, piece)| (piece, word.len()))
}
