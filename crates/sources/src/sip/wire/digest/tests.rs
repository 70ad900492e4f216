#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn head(challenges: &[&str]) -> Head {
    let lines: String = challenges
        .iter()
        .map(|line| format!("WWW-Authenticate: {line}\r\n"))
        .collect();
    Head::read(format!("SIP/2.0 401 Unauthorized\r\n{lines}\r\n").as_bytes()).unwrap()
}

fn response(value: &str) -> String {
    let (_, rest) = value.split_once("response=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

/// The examples of RFC 7616 §3.9.1.
#[test]
fn the_examples_of_the_specification() {
    let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    for (algorithm, expected) in [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        (
            "SHA-256",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ] {
        let line = format!(
            "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, nonce=\"{nonce}\", \
             opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
        );
        let challenge = Challenge::of(&head(&[&line]), false).unwrap();
        let (name, value) = challenge.answer(
            "Mufasa",
            &Secret::new("Circle of Life"),
            "GET",
            "/dir/index.html",
            "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        );
        assert_eq!(name, "Authorization");
        assert_eq!(response(&value), expected);
        assert!(
            value.contains(&format!(", algorithm={algorithm}, opaque=\"FQhe/")),
            "{value}"
        );
        assert!(value.contains(", qop=auth, nc=00000001, cnonce=\"f2/"), "{value}");
    }
}

/// The example of RFC 2617 §3.5 without qop, as RFC 2069 computes it.
#[test]
fn the_old_way_without_quality() {
    let line = "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
    let challenge = Challenge::of(&head(&[line]), false).unwrap();
    let (_, value) = challenge.answer("Mufasa", &Secret::new("CircleOfLife"), "GET", "/dir/index.html", "c");
    assert_eq!(response(&value), "1949323746fe6a43ef61f9606e7febea");
    assert!(!value.contains("cnonce") && !value.contains("algorithm"), "{value}");
}

#[test]
fn the_strongest_is_chosen_wherever_it_stands() {
    let md5 = "Digest realm=\"r\",nonce=\"1\",qop=\"auth\"";
    let sha = "digest nonce=\"2\" , realm = \"r\", ALGORITHM=\"sha-256\", stale=TRUE";
    let basic = "Basic realm=\"r\"";
    let unknown = "Digest realm=\"r\", nonce=\"3\", algorithm=SHA3-512";
    for lines in [&[md5, sha][..], &[sha, md5], &[basic, md5, unknown, sha]] {
        let challenge = Challenge::of(&head(lines), false).unwrap();
        assert_eq!((challenge.algorithm, challenge.stale), (Algorithm::Sha256, true));
    }
    assert_eq!(
        Challenge::of(&head(&[unknown, md5]), false).unwrap().algorithm,
        Algorithm::Md5
    );
}

#[test]
fn what_cannot_be_answered() {
    for (lines, error) in [
        (&[][..], Unusable::Missing),
        (&["Basic realm=\"r\""], Unusable::Unknown),
        (&["Digest realm=\"r\""], Unusable::Unknown),
        (&["Digest nonce=\"r\""], Unusable::Unknown),
        (
            &["Digest realm=\"r\", nonce=\"n\", qop=\"auth-conf\""],
            Unusable::Unknown,
        ),
        (&["Digest realm=\"r\u{85}\", nonce=\"n\""], Unusable::Unknown),
        (&["Digest"], Unusable::Unknown),
    ] {
        assert_eq!(Challenge::of(&head(lines), false), Err(error), "{lines:?}");
    }
    // A proxy's challenge stands in another header.
    assert!(Challenge::of(&head(&["Digest realm=\"r\", nonce=\"n\""]), true).is_err());
}

#[test]
fn names_with_quotes_stay_inside_them() {
    let challenge = Challenge::of(&head(&[r#"Digest realm="the \"big\" pbx", nonce="n\\""#]), false).unwrap();
    assert_eq!(challenge.realm, r#"the "big" pbx"#);
    let (_, value) = challenge.answer("a\"b", &Secret::new("p"), "SUBSCRIBE", "sip:h", "c");
    assert!(
        value.starts_with(r#"Digest username="a\"b", realm="the \"big\" pbx", nonce="n\\", uri="sip:h""#),
        "{value}"
    );
}

/// No published example: the formulas of RFC 7616 §3.4.2 and §3.4.3, written out once more with the shell's md5sum.
#[test]
fn sessions_and_integrity() {
    let line = "Digest realm=\"r\", nonce=\"n\", algorithm=MD5-sess, qop=\"auth-int\"";
    let challenge = Challenge::of(&head(&[line]), false).unwrap();
    let (_, value) = challenge.answer("u", &Secret::new("p"), "SUBSCRIBE", "sip:h", "c");
    assert_eq!(response(&value), "20747e023626b58c7ab97200867503cf");
}

proptest! {
    #[test]
    fn nothing_breaks_it(text in "(Digest )?[a-z=\",\\\\ µ]{0,60}") {
        if let Ok(challenge) = Challenge::of(&head(&[text.trim()]), false) {
            let (_, value) = challenge.answer("u", &Secret::new("geheim"), "SUBSCRIBE", "sip:h", "c");
            prop_assert!(!value.contains("geheim") && !value.contains('\r') && !value.contains('\n'));
        }
    }
}
