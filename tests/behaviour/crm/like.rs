//! SQL's LIKE, as MySQL compares with its usual collation: `%` and `_`, backslash escapes, no upper or lower case.

/// Whether the whole text fits the pattern.
pub fn like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let pattern = parts(&pattern.to_lowercase());
    // `reached[at]`: the pattern so far fits the first `at` signs.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for part in pattern {
        let mut next = vec![false; text.len() + 1];
        match part {
            Part::Any => {
                let mut seen = false;
                for at in 0..=text.len() {
                    seen |= reached[at];
                    next[at] = seen;
                }
            }
            Part::One => next[1..].copy_from_slice(&reached[..text.len()]),
            Part::Sign(sign) => {
                for at in 0..text.len() {
                    next[at + 1] = reached[at] && text[at] == sign;
                }
            }
        }
        reached = next;
    }
    reached[text.len()]
}

enum Part {
    Any,
    One,
    Sign(char),
}

fn parts(pattern: &str) -> Vec<Part> {
    let mut signs = pattern.chars();
    let mut parts = Vec::new();
    while let Some(sign) = signs.next() {
        parts.push(match sign {
            '%' => Part::Any,
            '_' => Part::One,
            '\\' => Part::Sign(signs.next().unwrap_or('\\')),
            sign => Part::Sign(sign),
        });
    }
    parts
}
