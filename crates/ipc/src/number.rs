//! Reading numbers for people and scripts: what `ringside number` prints, and the live preview of formats.

use ringside_domain::phone::{Format, Home, KeyKind, Reading, forms, read, stored_keys};

use crate::{
    error::ApiError,
    settings::{FormDto, NumberReadDto, PreviewDto},
};

/// How to read and write numbers, checked: a country and formats as typed.
#[derive(Clone, Debug, Default)]
pub struct NumberReader {
    pub home: Home,
    pub formats: Vec<Format>,
}

impl NumberReader {
    /// `home` is two letters; `ZZ` and nothing at all mean that every number needs its country code.
    ///
    /// # Errors
    /// `invalid`, with the field `home`, `outside_prefix` or `formats` and words for the person who typed it.
    pub fn new(home: Option<&str>, outside_prefix: Option<&str>, formats: &[String]) -> Result<Self, ApiError> {
        let typed = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let region = match typed(home).filter(|code| !code.eq_ignore_ascii_case("ZZ")) {
            Some(code) => Some(
                code.parse()
                    .map_err(|error| ApiError::invalid("home", format!("{error}")))?,
            ),
            None => None,
        };
        let outside_prefix = typed(outside_prefix);
        if let Some(prefix) = &outside_prefix
            && (prefix.len() > 4 || !prefix.bytes().all(|letter| letter.is_ascii_digit()))
        {
            return Err(ApiError::invalid(
                "outside_prefix",
                "the prefix for an outside line is one to four digits, such as 0 or 9",
            ));
        }
        let formats = formats
            .iter()
            .map(|typed| {
                typed
                    .parse()
                    .map_err(|error| ApiError::invalid("formats", format!("the format `{typed}`: {error}")))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            home: Home { region, outside_prefix },
            formats,
        })
    }

    #[must_use]
    pub fn read(&self, text: &str) -> NumberReadDto {
        read_number(text, &self.home, &self.formats)
    }
}

/// One string, read. `keys` are the E.164 numbers it is found under for certain: its own, and the second reading of
/// bare digits. What is no valid number has none.
#[must_use]
pub fn read_number(text: &str, home: &Home, formats: &[Format]) -> NumberReadDto {
    let reading = read(text, home);
    let mut dto = NumberReadDto {
        input: text.to_owned(),
        kind: reading.kind().to_owned(),
        e164: None,
        extension: None,
        keys: Vec::new(),
        forms: Vec::new(),
    };
    match &reading {
        Reading::Number(number) => {
            dto.e164 = Some(number.e164().to_owned());
            dto.extension = number.extension().map(str::to_owned);
            dto.keys.push(number.e164().to_owned());
            let second = stored_keys(&reading).into_iter().filter(|key| key.kind == KeyKind::Alt);
            dto.keys.extend(second.map(|key| format!("+{}", key.value)));
            dto.forms = forms(number, formats)
                .into_iter()
                .map(|form| FormDto {
                    format: form.format,
                    text: form.text,
                })
                .collect();
        }
        Reading::Extension(extension) => dto.extension = Some(extension.as_str().to_owned()),
        Reading::SipAddress(_) | Reading::Withheld | Reading::Unreadable(_) => {}
    }
    dto
}

/// Each format as typed, tried on one number.
#[must_use]
pub fn preview(formats: &[String], number: &str, home: &Home) -> Vec<PreviewDto> {
    let reading = read(number, home);
    formats
        .iter()
        .map(|typed| match typed.parse::<Format>() {
            Ok(format) => PreviewDto {
                format: typed.clone(),
                text: reading.number().and_then(|number| format.apply(number)),
                error: None,
            },
            Err(error) => PreviewDto {
                format: typed.clone(),
                text: None,
                error: Some(error.to_string()),
            },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn germany() -> Home {
        Home::of("DE".parse().unwrap())
    }

    #[test]
    fn a_number_has_its_key_and_its_forms() {
        let read = read_number("030 23125 012 ext. 7", &germany(), &[]);
        assert_eq!(read.kind, "number");
        assert_eq!(read.e164.as_deref(), Some("+493023125012"));
        assert_eq!(read.extension.as_deref(), Some("7"));
        assert_eq!(read.keys, ["+493023125012"]);
        assert!(
            read.forms.iter().any(|form| form.text == "+493023125012"),
            "{:?}",
            read.forms
        );
    }

    #[test]
    fn what_is_no_number_has_no_key() {
        for (text, kind) in [
            ("1234", "extension"),
            ("anonymous", "withheld"),
            ("", "unreadable"),
            ("call me", "unreadable"),
        ] {
            let read = read_number(text, &germany(), &[]);
            assert_eq!(read.kind, kind, "{text}");
            assert!(
                read.keys.is_empty() && read.forms.is_empty() && read.e164.is_none(),
                "{text}"
            );
        }
    }

    #[test]
    fn a_reader_says_what_it_cannot_use() {
        for (home, prefix, format, field) in [
            (Some("UK"), None, "", "home"),
            (None, Some("0x"), "", "outside_prefix"),
            (None, Some("00000"), "", "outside_prefix"),
            (None, None, "{nonsense}", "formats"),
        ] {
            let formats: Vec<String> = Some(format.to_owned())
                .filter(|format| !format.is_empty())
                .into_iter()
                .collect();
            assert_eq!(
                NumberReader::new(home, prefix, &formats).unwrap_err().field.as_deref(),
                Some(field)
            );
        }
        assert_eq!(
            NumberReader::new(Some("zz"), Some(" "), &[]).unwrap().home,
            Home::default()
        );
    }

    #[test]
    fn a_preview_says_what_fits_and_what_is_no_format() {
        let typed = ["(###) ###-####".to_owned(), "####".to_owned(), "{nonsense}".to_owned()];
        let shown = preview(&typed, "+1 415 555 0100", &germany());
        assert_eq!(shown[0].text.as_deref(), Some("(415) 555-0100"));
        assert_eq!((shown[1].text.as_deref(), shown[1].error.as_deref()), (None, None));
        assert!(shown[2].error.is_some());
    }
}
