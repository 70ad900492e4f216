//! Links: `ringside:`, and `tel:`/`callto:` where the person switched that on. A link comes from any web page, so all it
//! can do is open the search window with a text in it, at most once a second. It never dials, logs or reports a call.

use std::time::{Duration, Instant};

/// A link longer than this is not read at all; names and numbers are much shorter.
const LONGEST: usize = 512;
/// Characters of the text that go into the search field.
const LONGEST_TEXT: usize = 100;
const APART: Duration = Duration::from_secs(1);

/// A link that was understood: what to put into the search field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub text: String,
    /// The link itself where it is a telephone link: the person may hand it on to another program.
    pub tel: Option<String>,
}

impl Link {
    /// `ringside:search?q=NAME`, `ringside:call?number=NUMBER`, `ringside:` alone, `tel:NUMBER`, `callto:NUMBER`; each
    /// also with `//` after the colon, which some browsers add. `None`: not a link of ours.
    pub fn read(link: &str) -> Option<Self> {
        if link.len() > LONGEST {
            return None;
        }
        let (scheme, rest) = link.split_once(':')?;
        let rest = rest.trim_start_matches('/');
        let scheme = scheme.to_ascii_lowercase();
        let text = match scheme.as_str() {
            "ringside" => {
                let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
                let wanted = match path.trim_end_matches('/') {
                    "" => {
                        return Some(Self {
                            text: String::new(),
                            tel: None,
                        });
                    }
                    "search" => "q",
                    "call" => "number",
                    _ => return None,
                };
                let value = query.split('#').next()?.split('&').find_map(|pair| {
                    let (name, value) = pair.split_once('=')?;
                    (name == wanted).then_some(value)
                });
                // A form's `+` is a space in a name; before digits it is the plus of a number.
                let value = value.unwrap_or_default();
                if wanted == "q" {
                    decode(&value.replace('+', " "))
                } else {
                    decode(value)
                }
            }
            "tel" | "callto" => decode(rest.split([';', '?', '#']).next()?),
            _ => return None,
        };
        Some(Self {
            text: clean(&text),
            tel: (scheme != "ringside").then(|| link.to_owned()),
        })
    }
}

/// Undoes percent-encoding; what is no valid encoding stays as it is.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        match (first, tail) {
            (b'%', [high, low, after @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                bytes.push(hex(*high).unwrap_or_default() * 16 + hex(*low).unwrap_or_default());
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Without control characters and without those that turn the direction of writing around.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .take(LONGEST_TEXT)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Lets one through a second.
#[derive(Debug, Default)]
pub struct Gate {
    last: Option<Instant>,
}

impl Gate {
    pub fn open(&mut self, now: Instant) -> bool {
        let opens = self
            .last
            .is_none_or(|last| now.saturating_duration_since(last) >= APART);
        if opens {
            self.last = Some(now);
        }
        opens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(link: &str) -> Option<String> {
        Link::read(link).map(|link| link.text)
    }

    #[test]
    fn opens_what_it_knows() {
        for (link, expected) in [
            ("ringside:search?q=Anna%20Meier", "Anna Meier"),
            ("ringside:search?q=Anna+Meier", "Anna Meier"),
            ("RINGSIDE://search/?q=J%C3%BCrgen", "Jürgen"),
            ("ringside:call?number=+4930231250", "+4930231250"),
            ("ringside:call?number=%2B49%2030&x=1#y", "+49 30"),
            ("ringside:call", ""),
            ("ringside:", ""),
            ("tel:+1-202-555-0143;ext=5", "+1-202-555-0143"),
            ("callto://+12025550143", "+12025550143"),
            ("ringside:search?q=%zz%4", "%zz%4"),
            ("ringside:search?q=%ff%fe", "\u{fffd}\u{fffd}"),
            ("ringside:search?q=a%0a%1bb%e2%80%ae", "a  b"),
        ] {
            assert_eq!(text(link).as_deref(), Some(expected), "{link}");
        }
    }

    #[test]
    fn only_telephone_links_can_be_handed_on_and_whole() {
        let tel = |link: &str| Link::read(link).and_then(|link| link.tel);
        for link in ["tel:+1-202-555-0143;ext=5", "CALLTO://+12025550143"] {
            assert_eq!(tel(link).as_deref(), Some(link));
        }
        for link in ["ringside:call?number=+12025550143", "ringside:"] {
            assert_eq!(tel(link), None, "{link}");
        }
    }

    #[test]
    fn leaves_everything_else_alone() {
        for link in [
            "ringside:dial?number=1",
            "ringside:log",
            "https://example.com",
            "javascript:alert(1)",
            "anna",
            "",
        ] {
            assert_eq!(text(link), None, "{link}");
        }
        assert_eq!(text(&format!("ringside:search?q={}", "a".repeat(600))), None);
        assert_eq!(
            text(&format!("ringside:search?q={}", "ä".repeat(120))).map(|text| text.chars().count()),
            Some(100)
        );
    }

    #[test]
    fn one_a_second() {
        let mut gate = Gate::default();
        let start = Instant::now();
        assert!(gate.open(start));
        assert!(!gate.open(start + Duration::from_millis(999)));
        assert!(gate.open(start + Duration::from_millis(1_000)));
        assert!(!gate.open(start));
    }
}
