//! What a file's bytes say. Address books are exported by programs of thirty years, on systems of as many encodings.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use ringside_ipc::ApiError;
use zeroize::Zeroizing;

/// Reads a text in the encoding it names itself (a byte order mark), else UTF-8, else what European and American Windows
/// programs wrote before. Also says which.
///
/// # Errors
/// For what is no text: a spreadsheet's own file, a picture.
pub(crate) fn decode(bytes: &[u8]) -> Result<(Zeroizing<String>, &'static str), ApiError> {
    let encoding = Encoding::for_bom(bytes).map_or_else(|| guess(bytes), |(encoding, _)| encoding);
    let (text, _) = encoding.decode_with_bom_removal(bytes);
    let text = Zeroizing::new(text.into_owned());
    if text.contains('\0') || text.starts_with("PK\u{3}\u{4}") {
        let hint = "In the program it comes from, export or save it as CSV or vCard";
        return Err(ApiError::invalid("data", "this is no text file").hint(hint));
    }
    let name = match encoding {
        encoding if encoding == UTF_8 => "UTF-8",
        encoding if encoding == WINDOWS_1252 => "Windows-1252",
        _ => "UTF-16",
    };
    Ok((text, name))
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    // Letters of the Latin alphabet have an empty byte beside them in UTF-16.
    let start = &bytes[..bytes.len().min(400)];
    let empty = |first: usize| start.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (empty(0), empty(1));
    let half = start.len() / 4;
    if odd > half.max(1) && even == 0 {
        return UTF_16LE;
    }
    if even > half.max(1) && odd == 0 {
        return UTF_16BE;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    WINDOWS_1252
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    #[test]
    fn each_encoding_is_told_and_read() {
        let text = "Vorname;Straße\nJürgen;Ä\n";
        let utf16 = |big: bool| -> Vec<u8> {
            text.encode_utf16()
                .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect()
        };
        let with = |mark: &[u8], rest: Vec<u8>| [mark, rest.as_slice()].concat();
        let (latin, _, _) = WINDOWS_1252.encode(text);
        for (bytes, named) in [
            (text.as_bytes().to_vec(), "UTF-8"),
            (with(&[0xEF, 0xBB, 0xBF], text.into()), "UTF-8"),
            (with(&[0xFF, 0xFE], utf16(false)), "UTF-16"),
            (with(&[0xFE, 0xFF], utf16(true)), "UTF-16"),
            (utf16(false), "UTF-16"),
            (utf16(true), "UTF-16"),
            (latin.into_owned(), "Windows-1252"),
        ] {
            let (read, encoding) = decode(&bytes).unwrap();
            assert_eq!((read.as_str(), encoding), (text, named));
        }
    }

    #[test]
    fn what_is_no_text_is_refused_in_words() {
        let png = [0x89, b'P', b'N', b'G', 0, 0, 0, 13, 0, 1, 2, 3];
        for bytes in [&b"PK\x03\x04\x14\0\0\0"[..], &png] {
            let refused = decode(bytes).unwrap_err();
            assert_eq!(
                (refused.code.as_str(), refused.field.as_deref()),
                ("invalid", Some("data"))
            );
        }
    }
}
