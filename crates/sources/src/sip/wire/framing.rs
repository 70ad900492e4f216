//! Where one message ends and the next begins, on TCP and TLS (RFC 3261 §18.3, RFC 5626 §4.4.1) and in a datagram.

use super::message::{LONGEST_HEAD, Malformed};

/// A dialog-info body of four hundred calls; rejects what would only fill the memory.
pub const LONGEST_BODY: usize = 256 * 1024;

/// What a stream holds next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// More bytes are needed.
    Wait,
    /// An empty line, alone: the answer to our keep-alive.
    Pong { length: usize },
    /// Two of them: the server's keep-alive, to be answered with one.
    Ping { length: usize },
    Message {
        /// With the empty line.
        head: usize,
        body: usize,
    },
}

/// What the bytes at the beginning of this buffer are.
///
/// # Errors
/// It is no SIP, or longer than we take: the connection is of no use any more, because nobody knows where the next message
/// begins.
pub fn next(buffer: &[u8]) -> Result<Next, Malformed> {
    if buffer.starts_with(b"\r\n\r\n") {
        return Ok(Next::Ping { length: 4 });
    }
    if buffer.starts_with(b"\r\n") {
        // `\r\n\r` may become a ping.
        return Ok(if buffer[2..] == *b"\r" {
            Next::Wait
        } else {
            Next::Pong { length: 2 }
        });
    }
    let Some(head) = end_of_head(buffer) else {
        return if buffer.len() > LONGEST_HEAD {
            Err(Malformed("its head is too long"))
        } else {
            Ok(Next::Wait)
        };
    };
    if head > LONGEST_HEAD {
        return Err(Malformed("its head is too long"));
    }
    // Without the header the body is empty: on a stream it may not be missing.
    let body = content_length(&buffer[..head])?.unwrap_or(0);
    if body > LONGEST_BODY {
        return Err(Malformed("its body is too long"));
    }
    Ok(if buffer.len() < head + body {
        Next::Wait
    } else {
        Next::Message { head, body }
    })
}

/// Head and body of a datagram, and whether the body was cut on the way: it is shorter than Content-Length says.
///
/// # Errors
/// It has no end of the head, or its Content-Length is no number.
pub fn datagram(bytes: &[u8]) -> Result<(&[u8], &[u8], bool), Malformed> {
    let Some(end) = end_of_head(bytes) else {
        return Err(Malformed("its head has no end"));
    };
    let (head, body) = bytes.split_at(end);
    Ok(match content_length(head)? {
        Some(length) if length <= body.len() => (head, &body[..length], false),
        Some(_) => (head, body, true),
        None => (head, body, false),
    })
}

/// With the empty line; lines may end without a carriage return.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let mut lines = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .map(|(at, _)| at);
    let mut before = lines.next()?;
    for at in lines {
        if at == before + 1 || (at == before + 2 && bytes[at - 1] == b'\r') {
            return Some(at + 1);
        }
        before = at;
    }
    None
}

fn content_length(head: &[u8]) -> Result<Option<usize>, Malformed> {
    for line in head.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let name = line[..colon].trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") || name.eq_ignore_ascii_case(b"l") {
            let value = std::str::from_utf8(line[colon + 1..].trim_ascii()).ok();
            let length = value.and_then(|value| value.parse().ok());
            return length.map(Some).ok_or(Malformed("its Content-Length is no number"));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    const HEAD: &str = "SIP/2.0 200 OK\r\nContent-Length: 5\r\n\r\n";

    #[test]
    fn a_stream() {
        let whole = format!("{HEAD}hello");
        let table: &[(&[u8], Next)] = &[
            (b"", Next::Wait),
            (b"\r", Next::Wait),
            (b"\r\n", Next::Pong { length: 2 }),
            (b"\r\n\r", Next::Wait),
            (b"\r\n\r\n", Next::Ping { length: 4 }),
            (b"\r\nSIP/2.0", Next::Pong { length: 2 }),
            (HEAD.as_bytes(), Next::Wait),
            (
                whole.as_bytes(),
                Next::Message {
                    head: HEAD.len(),
                    body: 5,
                },
            ),
            (b"SIP/2.0 200 OK\r\nl:0\r\n\r\nSIP", Next::Message { head: 23, body: 0 }),
            (b"SIP/2.0 200 OK\nL : 2\n\nab", Next::Message { head: 22, body: 2 }),
            (b"SIP/2.0 200 OK\r\nX: y\r\n\r\n", Next::Message { head: 24, body: 0 }),
        ];
        for (bytes, is) in table {
            assert_eq!(next(bytes), Ok(*is), "{}", String::from_utf8_lossy(bytes));
        }
        for cut in 0..whole.len() {
            if cut != 0 {
                assert_eq!(next(&whole.as_bytes()[..cut]), Ok(Next::Wait));
            }
        }
    }

    #[test]
    fn what_ends_a_stream() {
        for bytes in [
            b"SIP/2.0 200 OK\r\nContent-Length: -1\r\n\r\n".to_vec(),
            b"SIP/2.0 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n".to_vec(),
            b"SIP/2.0 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n".to_vec(),
            b"SIP/2.0 200 OK\r\nContent-Length: 262145\r\n\r\n".to_vec(),
            vec![b'x'; LONGEST_HEAD + 1],
        ] {
            assert!(next(&bytes).is_err());
        }
    }

    #[test]
    fn a_datagram() {
        let (head, body, cut) = datagram(b"SIP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello and more").unwrap();
        assert_eq!((head.len(), body, cut), (HEAD.len(), &b"hello"[..], false));
        let (_, body, cut) = datagram(b"SIP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhel").unwrap();
        assert_eq!((body, cut), (&b"hel"[..], true));
        // In a datagram the body reaches to its end when nobody says how long it is.
        let (_, body, cut) = datagram(b"SIP/2.0 200 OK\r\nX: y\r\n\r\nhello").unwrap();
        assert_eq!((body, cut), (&b"hello"[..], false));
        assert!(datagram(b"SIP/2.0 200 OK\r\n").is_err());
        assert!(datagram(b"").is_err());
    }

    proptest! {
        #[test]
        fn a_message_never_reaches_beyond_the_buffer(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(Next::Message { head, body }) = next(&bytes) {
                prop_assert!(head + body <= bytes.len());
            }
            let _ = datagram(&bytes);
        }

        #[test]
        fn nearly_sip(length in "[0-9]{0,22}", body in "[a-z\r\n]{0,20}") {
            let text = format!("SIP/2.0 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
            if let Ok(Next::Message { head, body }) = next(text.as_bytes()) {
                prop_assert!(head + body <= text.len());
            }
            let _ = datagram(text.as_bytes());
        }
    }
}
