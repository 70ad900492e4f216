#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;

use super::*;

fn wrapped(inside: &str) -> String {
    format!(
        "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"3\" state=\"full\">{inside}</dialog-info>"
    )
}

fn only(body: &str) -> Dialog {
    let mut dialogs = parse(body.as_bytes()).unwrap().dialogs;
    assert_eq!(dialogs.len(), 1);
    dialogs.remove(0)
}

fn raw(party: &str) -> Option<WireParty> {
    Some(WireParty {
        raw: party.to_owned(),
        display: None,
    })
}

#[test]
fn a_whole_dialog() {
    let info = parse(
        br#"<?xml version="1.0"?>
        <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="12" state="partial" entity="sip:201@pbx.example">
          <dialog id="d1" call-id="a84b4c76e66710" local-tag="p1" remote-tag="c1" direction="recipient">
            <state event="Rejected" code="486">terminated</state>
            <duration>274</duration>
            <replaces call-id="b97c" local-tag="p0" remote-tag="c0"/>
            <referred-by display="Reception">sip:100@pbx.example</referred-by>
            <local><identity display="Desk">sip:201@pbx.example</identity>
              <target uri="sip:201@192.0.2.7"><param pname="+sip.rendering" pvalue="no"/></target></local>
            <remote><identity display="Ada &amp; Sons">sip:+12125550123@pbx.example</identity>
              <target uri="sip:**201@pbx.example"/></remote>
          </dialog>
        </dialog-info>"#,
    )
    .unwrap();
    let party = |raw: &str, display: &str| {
        Some(WireParty {
            raw: raw.to_owned(),
            display: Some(display.to_owned()),
        })
    };
    let dialog = Dialog {
        id: "d1".to_owned(),
        call_id: Some("a84b4c76e66710".to_owned()),
        local_tag: Some("p1".to_owned()),
        remote_tag: Some("c1".to_owned()),
        direction: Some(Direction::In),
        state: State::Terminated,
        event: Some("rejected".to_owned()),
        code: Some(486),
        replaces: Some("b97c".to_owned()),
        referred_by: party("sip:100@pbx.example", "Reception"),
        local: party("sip:201@pbx.example", "Desk"),
        remote: party("sip:+12125550123@pbx.example", "Ada & Sons"),
        rendering: Some(false),
    };
    let whole = DialogInfo {
        entity: Some("sip:201@pbx.example".to_owned()),
        version: Some(12),
        partial: true,
        dialogs: vec![dialog],
    };
    assert_eq!(info, whole);
}

#[test]
fn servers_write_as_they_like() {
    // A prefix, another namespace or none, and elements that are not of the standard.
    let prefixed = "<d:dialog-info xmlns:d='urn:ietf:params:xml:ns:dialog-info' xmlns:x='urn:x' STATE='Partial'>\
        <x:call-info/><d:dialog id='1' x:kind='acd'><d:state>Early</d:state><x:state>confirmed</x:state></d:dialog>\
        </d:dialog-info>";
    let info = parse(prefixed.as_bytes()).unwrap();
    assert!(info.partial);
    assert_eq!((info.version, info.dialogs[0].state), (None, State::Early));
    assert_eq!(only("<dialog-info><dialog/></dialog-info>"), Dialog::default());

    for (word, state) in [
        ("Trying", State::Trying),
        (" proceeding\n", State::Proceeding),
        ("EARLY", State::Early),
        ("<!-- c -->confirmed", State::Confirmed),
        ("<![CDATA[terminated]]>", State::Terminated),
        ("", State::Absent),
        ("on-hook", State::Other),
    ] {
        let body = wrapped(&format!("<dialog id='1'><state>{word}</state></dialog>"));
        assert_eq!(only(&body).state, state, "{word}");
    }
    for (code, kept) in [
        ("200", Some(200)),
        ("99", None),
        ("-1", None),
        ("7000", None),
        ("", None),
    ] {
        let body = wrapped(&format!(
            "<dialog id='1'><state code='{code}'>terminated</state></dialog>"
        ));
        assert_eq!(only(&body).code, kept, "{code}");
    }
}

#[test]
fn who_it_is() {
    let remote = |inside: &str| only(&wrapped(&format!("<dialog id='1'><remote>{inside}</remote></dialog>"))).remote;

    assert_eq!(remote("<target uri='sip:**201@pbx.example'/>"), None);
    assert_eq!(remote("<identity/>"), None);
    assert_eq!(
        remote("<identity>\n sip:305@pbx.example \n</identity>"),
        raw("sip:305@pbx.example")
    );
    // BroadWorks: the extension, and the number in full.
    assert_eq!(
        remote("<identity>sip:1411@as.example;user=phone</identity><identity>tel:+12125550123;ext=1411</identity>"),
        raw("tel:+12125550123;ext=1411")
    );
    let named = remote("<identity display='Ada\u{202e} &#10; Love&#x200B;lace'></identity>").unwrap();
    assert_eq!(
        (named.raw.as_str(), named.display.as_deref()),
        ("", Some("Ada Lovelace"))
    );
    let long = remote(&format!("<identity>sip:{}</identity>", "9".repeat(5000))).unwrap();
    assert_eq!(long.raw.len(), LONGEST_URI);
}

#[test]
fn a_name_that_breaks_the_xml_hides_no_call() {
    for (written, shown) in [
        ("AT&T", "AT&T"),
        ("Q&A; more", "Q&A; more"),
        ("Tom & \u{1}Jerry", "Tom & Jerry"),
        ("&#0;&#x1F600;&amp;", "&#0;😀&"),
    ] {
        let body = wrapped(&format!(
            "<dialog id='1'><remote><identity display=\"{written}\">sip:1@x</identity></remote></dialog>"
        ));
        assert_eq!(only(&body).remote.unwrap().display.as_deref(), Some(shown), "{written}");
    }
}

/// Each `&` is looked behind, and not to the end of the body.
#[test]
fn a_body_of_nothing_but_mistakes_takes_no_time() {
    let began = std::time::Instant::now();
    let body = wrapped(&format!(
        "<dialog id='1'><state>early{}</state></dialog>",
        "&".repeat(LARGEST_BODY - 200)
    ));
    assert_eq!(only(&body).state, State::Other);
    assert!(
        began.elapsed() < std::time::Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn encodings() {
    let body = |encoding: &str, name: &[u8]| {
        let mut body =
            format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?><dialog-info><dialog><remote><identity display=\"")
                .into_bytes();
        body.extend_from_slice(name);
        body.extend_from_slice(b"\">sip:1@x</identity></remote></dialog></dialog-info>");
        body
    };
    let name = |body: &[u8]| Ok::<_, BodyError>(parse(body)?.dialogs.remove(0).remote.unwrap().display.unwrap());
    assert_eq!(name(&body("UTF-8", "Zoë".as_bytes())).unwrap(), "Zoë");
    assert_eq!(name(&body("ISO-8859-1", "Zoë".as_bytes())).unwrap(), "Zoë");
    assert_eq!(name(&body("ISO-8859-1", b"Zo\xeb")).unwrap(), "Zoë");
    assert_eq!(name(&body("UTF-8", b"Zo\xeb")), Err(BodyError::Encoding));
    assert_eq!(name(&body("UTF-16", b"Zo\xeb")), Err(BodyError::Encoding));

    let marked = [b"\xef\xbb\xbf".as_slice(), b"<dialog-info/>"].concat();
    assert_eq!(parse(&marked).unwrap(), DialogInfo::default());
    let wide: Vec<u8> = "\u{feff}<dialog-info/>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(parse(&wide), Err(BodyError::Encoding));
}

#[test]
fn what_is_refused() {
    let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    let many = |count: usize| wrapped(&"<dialog/>".repeat(count));
    let bomb = "<!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d '&b;&b;'>]><dialog-info>&d;</dialog-info>";
    let file = "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]><dialog-info>&b;</dialog-info>";
    for (body, error) in [
        (String::new(), BodyError::Broken { line: 0, column: 0 }),
        (
            "sip:+12125550123@x".to_owned(),
            BodyError::Broken { line: 1, column: 1 },
        ),
        (
            wrapped("<dialog>\n<state></dialog>"),
            BodyError::Broken { line: 2, column: 8 },
        ),
        (wrapped("<x:dialog/>"), BodyError::Broken { line: 1, column: 83 }),
        ("<presence/>".to_owned(), BodyError::NotDialogInfo),
        (bomb.to_owned(), BodyError::Dtd),
        (file.to_owned(), BodyError::Dtd),
        (wrapped(&nested(40)), BodyError::TooMuch),
        (wrapped(&nested(20_000)), BodyError::TooMuch),
        (many(MOST_DIALOGS + 1), BodyError::TooMuch),
        (" ".repeat(LARGEST_BODY + 1), BodyError::TooLarge(LARGEST_BODY + 1)),
    ] {
        let told = parse(body.as_bytes()).unwrap_err();
        match (told, error) {
            (BodyError::Broken { .. }, BodyError::Broken { line: 0, .. }) => {}
            _ => assert_eq!(told, error, "{}", body.chars().take(200).collect::<String>()),
        }
        assert!(!told.to_string().contains("555"), "{told}");
    }
    assert_eq!(parse(wrapped(&nested(20)).as_bytes()).unwrap().dialogs, []);
    assert_eq!(
        parse(many(MOST_DIALOGS).as_bytes()).unwrap().dialogs.len(),
        MOST_DIALOGS
    );
}

proptest! {
    #[test]
    fn no_bytes_break_it(body in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = parse(&body);
    }

    #[test]
    fn no_text_in_a_body_breaks_it(name in "\\PC{0,40}|[&#;x<>\"'0-9a-f]{0,20}", id in "[^<&\"]{0,300}") {
        let body = wrapped(&format!("<dialog id=\"{id}\"><remote><identity display=\"{name}\">x</identity></remote></dialog>"));
        if let Ok(info) = parse(body.as_bytes()) {
            for dialog in info.dialogs {
                prop_assert!(dialog.id.chars().count() <= LONGEST_ID);
                let display = dialog.remote.and_then(|remote| remote.display).unwrap_or_default();
                prop_assert!(!display.chars().any(char::is_control));
            }
        }
    }

    /// Cut, as a datagram is.
    #[test]
    fn a_cut_body_is_refused(cut in 1_usize..200) {
        let whole = wrapped("<dialog id='1'><state>early</state><remote><identity>sip:1@x</identity></remote></dialog>");
        let cut = cut.min(whole.len() - 1);
        prop_assert!(parse(&whole.as_bytes()[..whole.len() - cut]).is_err());
    }
}
