//! What a person sees of HTML, where a CRM renders it: and whether somebody else's markup got into it.

/// Tags that our notes are made of. Any other is one that a note smuggled in.
const OURS: &[&str] = &["<br>", "<br/>", "<br />", "<p>", "</p>", "<b>", "</b>"];

/// The text behind the markup.
///
/// # Errors
/// A tag or an entity that is not one of ours.
pub fn seen(html: &str) -> Result<String, String> {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(first) = rest.chars().next() {
        match first {
            '<' => {
                let tag = OURS.iter().find(|tag| rest.starts_with(**tag));
                let tag = tag.ok_or_else(|| format!("foreign markup at {:?}", head(rest)))?;
                if tag.starts_with("<br") || *tag == "</p>" {
                    text.push('\n');
                }
                rest = &rest[tag.len()..];
            }
            '&' => {
                let end = rest.find(';').ok_or_else(|| format!("a bare & at {:?}", head(rest)))?;
                text.push(match &rest[..=end] {
                    "&amp;" => '&',
                    "&lt;" => '<',
                    "&gt;" => '>',
                    "&quot;" => '"',
                    "&#39;" | "&#x27;" | "&apos;" => '\'',
                    "&nbsp;" => '\u{a0}',
                    _ => return Err(format!("an unknown entity at {:?}", head(rest))),
                });
                rest = &rest[end + 1..];
            }
            // Between tags a line break is a blank; ours come behind a <br> only.
            '\n' | '\r' => rest = &rest[1..],
            other => {
                text.push(other);
                rest = &rest[other.len_utf8()..];
            }
        }
    }
    Ok(text)
}

fn head(text: &str) -> String {
    text.chars().take(24).collect()
}
