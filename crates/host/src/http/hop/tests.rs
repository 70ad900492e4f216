//! What a redirect carries along and what it does not.

use std::time::Duration;

use ringside_domain::{HttpRequest, TypedHost, credentials::Secret};

use super::*;

fn request(method: Method, url: &str) -> HttpRequest {
    HttpRequest {
        operation: "find_contact",
        method,
        url: Url::parse(url).expect(url),
        headers: vec![
            ("Accept".into(), "application/json".into()),
            ("Content-Type".into(), "application/json".into()),
            ("Cookie".into(), "session=1".into()),
        ],
        credentials: vec![
            ("Authorization".into(), Secret::new("Bearer hush")),
            ("X-Api-Key".into(), Secret::new("hush")),
        ],
        body: b"{}".to_vec(),
        hosts: HostRules {
            allowed: vec!["api.example.com".into(), "*.example.net".into()],
            typed: Some(TypedHost {
                host: "localhost".into(),
                port: 8069,
            }),
        },
        redirects: 3,
        deadline: Duration::from_secs(1),
        max_answer: 1 << 20,
    }
}

fn first(method: Method, url: &str) -> Hop {
    Hop::first(request(method, url)).expect("allowed")
}

fn redirected(hop: Hop, status: u16, to: &str) -> Hop {
    hop.redirected(status, Url::parse(to).expect(to)).expect("allowed")
}

fn header_names(hop: &Hop) -> Vec<&str> {
    hop.headers.keys().map(HeaderName::as_str).collect()
}

#[test]
fn the_same_host_keeps_what_proves_who_we_are() {
    let hop = redirected(
        first(Method::Get, "https://api.example.com/a"),
        302,
        "https://API.example.com.:443/b#top",
    );
    assert_eq!(
        header_names(&hop),
        ["accept", "content-type", "cookie", "authorization", "x-api-key"]
    );
    assert_eq!(hop.url.as_str(), "https://api.example.com/b");
    assert!(hop.headers["x-api-key"].is_sensitive());
}

#[test]
fn another_host_gets_no_proof_and_it_does_not_come_back() {
    let away = redirected(
        first(Method::Get, "https://api.example.com/a"),
        307,
        "https://eu.example.net/a",
    );
    assert_eq!(header_names(&away), ["accept", "content-type"]);
    let back = redirected(away, 307, "https://api.example.com/a");
    assert_eq!(header_names(&back), ["accept", "content-type"]);
}

#[test]
fn another_scheme_is_another_host() {
    let hop = redirected(
        first(Method::Get, "http://localhost:8069/"),
        301,
        "https://localhost:8069/",
    );
    assert_eq!(header_names(&hop), ["accept", "content-type"]);
}

#[test]
fn a_redirect_passes_the_rules_or_is_refused() {
    for to in [
        "https://evil.example/",
        "https://api.example.com:8443/",
        "https://user:word@api.example.com/",
        "https://169.254.169.254/latest",
        "ftp://api.example.com/",
        // The typed host may be asked without TLS, but not as the end of something that began with it.
        "http://localhost:8069/",
    ] {
        let error = first(Method::Get, "https://api.example.com/a").redirected(302, Url::parse(to).expect(to));
        let error = error.err().expect(to);
        assert_eq!(error.kind, Kind::Forbidden, "{to}");
        assert!(error.message.contains("api.example.com"), "{error}");
        assert!(!format!("{error:?}").contains("latest"), "{error:?}");
    }
}

#[test]
fn methods_change_as_in_browsers() {
    use Method::{Delete, Get, Patch, Post, Put};
    for (method, status, becomes) in [
        (Post, 301, Get),
        (Post, 302, Get),
        (Post, 303, Get),
        (Post, 307, Post),
        (Post, 308, Post),
        (Put, 302, Put),
        (Put, 303, Get),
        (Patch, 307, Patch),
        (Delete, 302, Delete),
        (Delete, 303, Get),
        (Get, 303, Get),
    ] {
        let hop = redirected(
            first(method, "https://api.example.com/a"),
            status,
            "https://api.example.com/b",
        );
        assert_eq!(hop.method, becomes, "{method:?} {status}");
        let keeps_body = method == becomes;
        assert_eq!(!hop.body.is_empty(), keeps_body, "{method:?} {status}");
        assert_eq!(
            hop.headers.contains_key("content-type"),
            keeps_body,
            "{method:?} {status}"
        );
    }
}

#[test]
fn headers_that_cannot_be_sent_are_said_without_their_value() {
    for (name, value) in [
        ("X-Note", "a\r\nHost: evil.example"),
        ("X Note", "a"),
        ("Host", "evil.example"),
        ("Content-Length", "0"),
    ] {
        let mut bad = request(Method::Get, "https://api.example.com/");
        bad.headers.push((name.into(), value.into()));
        let error = Hop::first(bad).err().expect(name);
        assert_eq!(error.kind, Kind::Invalid, "{name}");
        assert!(!format!("{error:?}").contains("evil"), "{error:?}");
    }
    let mut bad = request(Method::Get, "https://api.example.com/");
    bad.credentials.push(("X-Key".into(), Secret::new("hush\n")));
    let error = Hop::first(bad).err().expect("a line break");
    assert!(
        error.message.contains("x-key") && !format!("{error:?}").contains("hush"),
        "{error:?}"
    );
}

#[test]
fn a_host_is_named_with_its_port_and_nothing_else() {
    let name = |url: &str| named(&Url::parse(url).expect(url));
    assert_eq!(name("https://api.example.com/people?phone=1"), "api.example.com");
    assert_eq!(name("https://u:p@[::1]:8443/x"), "[::1]:8443");
    assert_eq!(name(&format!("https://{}.example/", "a".repeat(300))).len(), MAX_NAMED);
}
