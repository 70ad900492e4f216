//! Addresses, headers and bodies.

use super::*;

fn contact(id: &str) -> Scope {
    search_scope("x").with("contact", &json!({ "id": id, "type": "Contact", "name": "Ana" }))
}

fn path(template: &str) -> Arc<Loaded> {
    logging(&format!("method = \"POST\"\npath = '{template}'"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_value_is_one_segment_and_one_parameter_and_nothing_of_it_is_shown(text in hostile()) {
        let loaded = logging("path = '/contacts/{{ contact.id }}/notes'\nquery = { 'filter[{{ type.entity }}]' = '{{ contact.id }}', deep = ['{{ contact.id }}', 'b'] }");
        let made = rendered(&loaded, &contact(&text));
        if text.is_empty() || text == "." || text == ".." {
            prop_assert!(made.is_err());
            return Ok(());
        }
        let made = made.unwrap();
        let segments: Vec<&str> = made.url.path_segments().unwrap().collect();
        prop_assert_eq!(segments.len(), 4);
        prop_assert_eq!(&segments[..2], ["v1", "contacts"]);
        let pairs: Vec<(String, String)> = made.url.query_pairs().into_owned().collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        prop_assert_eq!(pairs, [pair("deep", &text), pair("deep", "b"), pair("filter[contact]", &text)]);
        prop_assert_eq!(made.url.host_str(), Some("api.example.com"));
        prop_assert_eq!(made.url.fragment(), None);
        prop_assert_eq!(&made.shown, "POST /contacts/…/notes?deep=…&deep=…&filter[contact]=…");
        // The segment says the same as the parameter: decoded, it is the value.
        let decoded = url_decoded(segments[2]);
        prop_assert_eq!(decoded, text);
    }

    #[test]
    fn the_same_input_makes_the_same_bytes(text in hostile()) {
        let loaded = logging("method = \"POST\"\npath = '/x'\nmultipart = { note = '{{ note }}', 'a\"b' = ['{{ note }}', 'z'] }");
        let scope = search_scope("x").with("note", &text);
        let first = rendered(&loaded, &scope).unwrap();
        let again = rendered(&loaded, &scope.clone()).unwrap();
        prop_assert!(first == again);
        let body = String::from_utf8(first.body).unwrap();
        let content_type = first.headers.iter().find(|(name, _)| name == "Content-Type").unwrap().1.clone();
        let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        let whole = format!("--{boundary}");
        prop_assert_eq!(body.matches(&whole).count(), 4);
        let parts: Vec<&str> = body.split(&whole).collect();
        prop_assert_eq!(parts[1].split_once("\r\n\r\n").unwrap().0, "\r\nContent-Disposition: form-data; name=\"a%22b\"");
        prop_assert_eq!(parts[3].split_once("\r\n\r\n").unwrap().1.strip_suffix("\r\n").unwrap(), text);
    }

    #[test]
    fn forms_come_back_as_they_went(text in hostile()) {
        let loaded = logging("method = \"POST\"\npath = '/x'\nform = { note = '{{ note }}', element = { '$json' = { text = '{{ note }}' } } }");
        let made = rendered(&loaded, &search_scope("x").with("note", &text)).unwrap();
        let query = String::from_utf8(made.body).unwrap();
        let url = ringside_domain::Url::parse(&format!("https://x.test/?{query}")).unwrap();
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        prop_assert_eq!(pairs.len(), 2);
        let element: Value = serde_json::from_str(&pairs[0].1).unwrap();
        prop_assert_eq!(element, json!({ "text": text }));
        prop_assert_eq!(&pairs[1].1, &text);
    }
}

fn url_decoded(text: &str) -> String {
    let url = ringside_domain::Url::parse(&format!("https://x.test/?x={}", text.replace('+', "%2B"))).unwrap();
    url.query_pairs().next().unwrap().1.into_owned()
}

#[test]
fn spaces_and_plus_are_written_for_strict_servers() {
    let loaded =
        searching("path = '/c'\nquery = { 'filter[phone][like]' = '{{ query.text }}', '$top' = '{{ query.limit }}' }");
    let made = rendered(&loaded, &search_scope("+1 (202) 555")).unwrap();
    assert_eq!(
        made.url.as_str(),
        "https://api.example.com/v1/c?$top=20&filter%5Bphone%5D%5Blike%5D=%2B1%20%28202%29%20555"
    );
}

#[test]
fn a_value_never_leads_elsewhere() {
    let loaded = path("/contacts/{{ contact.id }}/log");
    for bad in ["", ".", ".."] {
        assert!(rendered(&loaded, &contact(bad)).is_err(), "{bad:?}");
    }
    let half = path("/contacts/.{{ contact.id }}/log");
    assert!(rendered(&half, &contact(".")).is_err());
    // A slash, a question mark and a host of one's own are all just text.
    let made = rendered(&loaded, &contact("../x?y=//evil.test#")).unwrap();
    assert_eq!(made.url.path(), "/v1/contacts/..%2Fx%3Fy%3D%2F%2Fevil.test%23/log");
}

#[test]
fn a_whole_address_begins_with_a_value_as_it_is() {
    let loaded = logging("method = 'PUT'\nurl = '{{ env.base }}entity/{{ contact.id }}'");
    let made = rendered(
        &loaded,
        &contact("a/b").with("env", &json!({ "base": "https://rest9.example.com/e1/" })),
    )
    .unwrap();
    assert_eq!(made.url.as_str(), "https://rest9.example.com/e1/entity/a%2Fb");
    assert_eq!(made.shown, "PUT https://rest9.example.com/e1/entity/…");
    let none = rendered(&loaded, &contact("a").with("env", &json!({ "base": "nowhere" })));
    assert!(none.unwrap_err().message.contains("no valid address"));
}

#[test]
fn what_a_session_keeps_secret_is_not_shown() {
    let loaded = manifest(
        r#"
[[auth.session]]
request = { path = "/login" }
capture = { pod = "pod", key = "key" }
secret = ["key"]
[get_contact]
request = { path = "/{{ session.pod }}/{{ contact.id }}" }
"#,
    );
    let scope = contact("7").with("session", &json!({ "pod": "na1", "key": "k" }));
    let get = loaded.manifest.get_contact.as_ref().unwrap();
    assert_eq!(loaded.request(&get.request, &scope, BASE).unwrap().shown, "GET /na1/…");
}

#[test]
fn headers_take_no_line_breaks() {
    let loaded = logging("path = '/x'\nheaders = { X-Note = '{{ note }}', Accept = 'application/vnd.api+json' }");
    let send = |note: &str| rendered(&loaded, &search_scope("x").with("note", note));
    let headers = send(" seven ").unwrap().headers;
    assert_eq!(
        headers,
        [("Accept", "application/vnd.api+json"), ("X-Note", "seven")].map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
    for bad in ["a\r\nX-Evil: 1", "a\0", "é"] {
        let error = send(bad).unwrap_err();
        assert!(
            error.message.contains("X-Note") && !error.message.contains("Evil"),
            "{error}"
        );
    }
}

#[test]
fn bodies_say_what_they_are() {
    let loaded = logging("method = 'POST'\npath = '/x'\ncontent_type = 'application/vnd.api+json'\njson = { a = 1 }");
    let made = rendered(&loaded, &search_scope("x")).unwrap();
    assert!(
        made.headers
            .contains(&("Content-Type".to_owned(), "application/vnd.api+json".to_owned()))
    );
    assert!(!made.reads);
    let graphql = searching(
        "method = 'POST'\npath = '/x'\nreads = true\ngraphql = { query = 'query($n: String){ x(n: $n) }', variables = { n = '{{ query.text }}' } }",
    );
    let made = rendered(&graphql, &search_scope("\"}")).unwrap();
    assert!(made.reads);
    let body: Value = serde_json::from_slice(&made.body).unwrap();
    assert_eq!(
        body,
        json!({ "query": "query($n: String){ x(n: $n) }", "variables": { "n": "\"}" } })
    );
}
