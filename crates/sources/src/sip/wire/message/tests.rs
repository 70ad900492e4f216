#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

const NOTIFY: &str = "NOTIFY sip:201@192.0.2.7:40112;transport=tcp SIP/2.0\r\n\
    v: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bK77;alias, SIP/2.0/UDP 192.0.2.9;branch=inner\r\n\
    Via: SIP/2.0/UDP 192.0.2.8;branch=second\r\n\
    t: <sip:201@pbx.example.com>;tag=ours\r\n\
    F: \"Smith, \\\"J\\\" ;tag=no\" <sip:201@pbx.example.com;tag=inside>\r\n ;tag=theirs\r\n\
    Call-ID :  abc@example\r\n\
    CSeq: 12 NOTIFY\r\n\
    Subscription-State: active;expires=599\r\n\
    Retry-After: 18 (in a meeting);duration=60\r\n\
    l: 0\r\n\
    \r\n";

#[test]
fn a_whole_head() {
    let head = Head::read(NOTIFY.as_bytes()).unwrap();
    assert_eq!(
        head.start,
        Start::Request {
            method: "NOTIFY".to_owned()
        }
    );
    assert_eq!(head.branch(), Some("z9hG4bK77"));
    assert_eq!(head.all("via").count(), 2);
    assert_eq!(head.first("call-id"), Some("abc@example"));
    assert_eq!(head.cseq(), Some((12, "NOTIFY")));
    assert_eq!(parameter(head.first("to").unwrap(), "tag"), Some("ours"));
    assert_eq!(parameter(head.first("from").unwrap(), "tag"), Some("theirs"));
    assert_eq!(uri(head.first("from").unwrap()), "sip:201@pbx.example.com;tag=inside");
    assert_eq!(head.number("retry-after"), Some(18));
    assert_eq!(head.number("content-length"), Some(0));
    assert_eq!(head.number("expires"), None);
}

#[test]
fn answers() {
    let head = Head::read(b"SIP/2.0 423 Interval Too Brief\r\nMin-Expires: 60\r\n").unwrap();
    assert_eq!(
        (head.start.clone(), head.number("min-expires")),
        (Start::Response { code: 423 }, Some(60))
    );
    let head = Head::read(b"sip/2.0 200\n").unwrap();
    assert_eq!(head.start, Start::Response { code: 200 });
}

#[test]
fn letters_of_another_alphabet_hide_nothing() {
    let head = Head::read(b"SIP/2.0 200 OK\r\nFrom: \"J\xfcrgen\" <sip:201@h>;tag=1\r\nExpires: 60\r\n\r\n").unwrap();
    assert_eq!(head.number("expires"), Some(60));
    assert_eq!(parameter(head.first("from").unwrap(), "tag"), Some("1"));
}

#[test]
fn what_is_no_message() {
    for bytes in [
        &b""[..],
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"SIP/2.0 99 Low\r\n",
        b"SIP/2.0 abc\r\n",
        b"NOTIFY sip:x SIP/2.0 more\r\n",
        b"NOT\x01IFY sip:x SIP/2.0\r\n",
        b"NOTIFY sip:x SIP/2.0\r\n folded\r\n",
        b"NOTIFY sip:x SIP/2.0\r\nno colon here\r\n",
        b"NOTIFY sip:x SIP/2.0\r\nTo: <sip:x>\rVia: forged\r\n",
    ] {
        assert!(Head::read(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
    }
    let many = format!("SIP/2.0 200 OK\r\n{}", "X: y\r\n".repeat(MOST_HEADERS + 1));
    assert!(Head::read(many.as_bytes()).is_err());
    assert!(Head::read(&vec![b'a'; LONGEST_HEAD + 1]).is_err());
}

#[test]
fn lists_and_parameters() {
    let routes: Vec<_> = list("<sip:a,b@h;lr>, \"x, y\" <sip:c@h>,,  ").collect();
    assert_eq!(routes, ["<sip:a,b@h;lr>", "\"x, y\" <sip:c@h>"]);
    for (value, name, found) in [
        ("<sip:h;lr>;tag=1", "lr", None),
        ("sip:h;tag=1;lr", "lr", Some("")),
        ("dialog; ID=\"7;8\" ;x", "id", Some("7;8")),
        ("\"a;tag=2\"", "tag", None),
        ("<sip:h", "tag", None),
        ("active;reason=", "reason", Some("")),
    ] {
        assert_eq!(parameter(value, name), found, "{value}");
    }
    assert_eq!(uri("sip:c@h;tag=1"), "sip:c@h");
    assert_eq!(uri("<sip:c@h"), "sip:c@h");
}

proptest! {
    #[test]
    fn nothing_breaks_it(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        if let Ok(head) = Head::read(&bytes) {
            let _ = (head.branch(), head.cseq(), head.number("expires"));
        }
    }

    #[test]
    fn nearly_sip_breaks_nothing(lines in proptest::collection::vec("[vfticl]: ?[<>\"\\\\;,=a-z0-9äµ ]{0,30}", 0..20)) {
        let text = format!("SIP/2.0 200 OK\r\n{}\r\n\r\n", lines.join("\r\n"));
        let head = Head::read(text.as_bytes()).unwrap();
        for name in ["via", "from", "to", "call-id", "contact"] {
            for value in head.all(name) {
                for item in list(value) {
                    let _ = (uri(item), parameter(item, "tag"));
                }
            }
        }
        let _ = (head.branch(), head.cseq());
    }
}
