#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use ringside_domain::{Kind, SourceId, Trust};

use super::*;

fn setup(parameters: &[(&str, &str)]) -> Setup {
    Setup {
        source: SourceId::new("desk"),
        parameters: parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        secrets: BTreeMap::from([("password".to_owned(), Secret::new("s3cret"))]),
        trust: Trust::Trusted,
        grant: String::new(),
        kept: false,
        pin: None,
    }
}

#[test]
fn the_least_that_works() {
    let settings = Settings::read(&setup(&[("address", " 201@pbx.example.com ")])).unwrap();
    assert_eq!(settings.transport, Transport::Tls);
    assert_eq!(
        (settings.login.as_str(), settings.host.as_str(), settings.port),
        ("201", "pbx.example.com", None)
    );
    assert_eq!(settings.address.uri(), "sip:201@pbx.example.com");
    assert_eq!(settings.server_name(), "pbx.example.com");
    assert!(!format!("{settings:?}").contains("s3cret"));
}

#[test]
fn everything_that_can_be_set() {
    let settings = Settings::read(&setup(&[
        (
            "address",
            "sip:ada lovelace@pbx.example.com:5070;transport=udp"
                .replace(' ', ".")
                .as_str(),
        ),
        ("user", "id-77"),
        ("transport", "udp-tcp"),
        ("clear_text", "true"),
        ("server", "[2001:db8::5]:5062"),
        ("ca", "/etc/pbx/ca.pem"),
    ]))
    .unwrap();
    assert_eq!((settings.transport, settings.large_over_tcp), (Transport::Udp, true));
    assert_eq!(settings.login, "id-77");
    assert_eq!((settings.host.as_str(), settings.port), ("2001:db8::5", Some(5062)));
    assert_eq!(settings.server_name(), "[2001:db8::5]:5062");
    assert_eq!(settings.address.uri(), "sip:ada.lovelace@pbx.example.com:5070");
    assert_eq!(settings.ca.as_deref(), Some(std::path::Path::new("/etc/pbx/ca.pem")));
}

#[test]
fn what_is_wrong_is_named() {
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[], "address"),
        (&[("address", "pbx.example.com")], "address"),
        (&[("address", "@pbx.example.com")], "address"),
        (&[("address", "201@")], "address"),
        (&[("address", "201@.")], "address"),
        (&[("address", "2 01@pbx.example.com")], "address"),
        (&[("address", "201@pbx example com")], "address"),
        (&[("address", "201@pbx.example.com:0")], "address"),
        (&[("address", "201@[2001:db8::g]")], "address"),
        (
            &[("address", "201@pbx.example.com"), ("transport", "carrier-pigeon")],
            "transport",
        ),
        (
            &[("address", "201@pbx.example.com"), ("transport", "udp")],
            "clear_text",
        ),
        (
            &[
                ("address", "201@pbx.example.com"),
                ("transport", "tcp"),
                ("clear_text", "no"),
            ],
            "clear_text",
        ),
        (
            &[("address", "201@pbx.example.com"), ("server", "https://pbx/")],
            "server",
        ),
        (&[("address", "201@pbx.example.com"), ("server", "pbx:70000")], "server"),
        (&[("address", "201@pbx.example.com"), ("user", "a\r\nVia: x")], "user"),
    ];
    for (parameters, field) in table {
        let error = Settings::read(&setup(parameters)).unwrap_err();
        assert_eq!(error.kind, Kind::Invalid, "{parameters:?}");
        assert_eq!(error.field.as_deref(), Some(*field), "{parameters:?}");
        assert!(error.hint.is_some(), "{parameters:?}");
        assert!(
            !error.message.contains("201"),
            "what was typed is somebody's number: {error}"
        );
    }
    let mut without = setup(&[("address", "201@pbx.example.com")]);
    without.secrets.clear();
    assert_eq!(Settings::read(&without).unwrap_err().field.as_deref(), Some("password"));
}

#[test]
fn users_are_escaped_and_hosts_bracketed() {
    for (typed, uri) in [
        ("SIP:201@10.0.0.1", "sip:201@10.0.0.1"),
        ("sips:201@pbx.example.com.", "sip:201@pbx.example.com"),
        ("201@::1", "sip:201@[::1]"),
        ("201@[::1]:5060", "sip:201@[::1]:5060"),
        ("jürgen@pbx.example.com", "sip:j%C3%BCrgen@pbx.example.com"),
        ("+15550100:9@pbx.example.com", "sip:+15550100%3A9@pbx.example.com"),
    ] {
        assert_eq!(Address::read(typed).unwrap().uri(), uri);
    }
}
