//! Text that stands in a page or in a notification's body: nothing in it is markup.

pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup_any_more() {
        assert_eq!(
            escaped("<b>A & 'B' \"C\"</b>"),
            "&lt;b&gt;A &amp; &apos;B&apos; &quot;C&quot;&lt;/b&gt;"
        );
        assert_eq!(escaped("&lt;"), "&amp;lt;");
    }
}
