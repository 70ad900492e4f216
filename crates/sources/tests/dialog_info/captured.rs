//! Bodies that a real Kamailio sent, in order. Each list is what came of one body.

use crate::Watch;

macro_rules! samples {
    ($($name:literal),+ $(,)?) => { [$(include_str!(concat!("samples/", $name, ".xml"))),+] };
}

const CALLER: &str = "sip:+12125550123@127.0.0.1";

fn told(watch: &mut Watch, bodies: impl IntoIterator<Item = &'static str>) -> Vec<Vec<String>> {
    bodies.into_iter().map(|body| watch.hear(body)).collect()
}

#[test]
fn incoming_calls() {
    for (bodies, id, words) in [
        (
            samples![
                "incoming-answered-1-early",
                "incoming-answered-2-confirmed",
                "incoming-answered-3-terminated"
            ]
            .to_vec(),
            "1-28258@127.0.0.1",
            vec!["ringing", "answered", "completed"],
        ),
        (
            samples!["incoming-missed-1-early", "incoming-missed-2-terminated"].to_vec(),
            "1-28332@127.0.0.1",
            vec!["ringing", "missed"],
        ),
        // Kamailio adds neither event nor code: a declined call looks like a missed one.
        (
            samples!["incoming-declined-1-early", "incoming-declined-2-terminated"].to_vec(),
            "1-28419@127.0.0.1",
            vec!["ringing", "missed"],
        ),
    ] {
        let mut watch = Watch::settled("sip:211@127.0.0.1");
        let expected: Vec<Vec<String>> = words
            .iter()
            .map(|word| vec![format!("{id} in {word} {CALLER}")])
            .collect();
        assert_eq!(told(&mut watch, bodies), expected);
        assert!(watch.notes().is_empty());
    }
}

#[test]
fn all_of_an_event() {
    let mut watch = Watch::settled("sip:211@127.0.0.1");
    let events = watch.tell(include_str!("samples/incoming-answered-1-early.xml")).events;
    let [event] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(event.source.as_str(), "desk");
    assert_eq!(event.provider_call_id.as_deref(), Some("1-28258@127.0.0.1"));
    assert_eq!(event.trust, ringside_domain::Trust::Trusted);
    assert_eq!(event.authority, ringside_domain::Authority::Watcher);
    assert_eq!(event.local.as_ref().unwrap().raw, "sip:211@127.0.0.1");
    assert_eq!(event.at.steady.0.as_secs(), watch.seconds);
    assert!(!event.rehearsal);
}

#[test]
fn a_withheld_number_is_told_as_withheld() {
    let mut watch = Watch::settled("sip:214@127.0.0.1");
    let bodies = samples!["incoming-anonymous-1-early", "incoming-anonymous-2-terminated"];
    let party = "sip:anonymous@anonymous.invalid";
    assert_eq!(
        told(&mut watch, bodies),
        [
            [format!("1-28586@127.0.0.1 in ringing {party}")],
            [format!("1-28586@127.0.0.1 in missed {party}")],
        ]
    );
    assert!(watch.notes().is_empty());
}

#[test]
fn a_server_that_tells_no_numbers() {
    let mut watch = Watch::settled("sip:201@127.0.0.1");
    let bodies = samples![
        "numberless-1-early",
        "numberless-2-confirmed",
        "numberless-3-terminated"
    ];
    assert_eq!(
        told(&mut watch, bodies),
        [
            ["1-27605@127.0.0.1 in ringing"],
            ["1-27605@127.0.0.1 in answered"],
            ["1-27605@127.0.0.1 in completed"],
        ]
    );
    assert_eq!(watch.notes(), ["no_numbers"]);
    watch.hear(include_str!("samples/incoming-answered-1-early.xml"));
    assert!(watch.notes().is_empty(), "it can tell");
}

#[test]
fn an_outgoing_call() {
    let mut watch = Watch::settled("sip:206@127.0.0.1");
    let bodies = samples![
        "outgoing-answered-1-trying",
        "outgoing-answered-2-early",
        "outgoing-answered-3-confirmed",
        "outgoing-answered-4-terminated",
    ];
    let event = |word: &str| vec![format!("1-25367@127.0.0.1 out {word} sip:207@127.0.0.1")];
    assert_eq!(
        told(&mut watch, bodies),
        [event("ringing"), vec![], event("answered"), event("completed")]
    );
}

#[test]
fn a_call_during_a_call() {
    let mut watch = Watch::settled("sip:215@127.0.0.1");
    let bodies = samples![
        "call-waiting-1-early",
        "call-waiting-2-confirmed",
        "call-waiting-3-confirmed+early",
        "call-waiting-4-confirmed+confirmed",
        "call-waiting-5-confirmed+terminated",
        "call-waiting-6-terminated+terminated",
    ];
    let one = |word: &str| vec![format!("1-28657@127.0.0.1 in {word} {CALLER}")];
    let two = |word: &str| vec![format!("1-28666@127.0.0.1 in {word} sip:305@127.0.0.1")];
    assert_eq!(
        told(&mut watch, bodies),
        [
            one("ringing"),
            one("answered"),
            two("ringing"),
            two("answered"),
            two("completed"),
            one("completed"),
        ]
    );
}

#[test]
fn an_old_call_in_the_list_is_no_news() {
    let mut watch = Watch::of("sip:207@127.0.0.1");
    let bodies = samples![
        "stale-terminated-1-terminated",
        "stale-terminated-2-terminated+early",
        "stale-terminated-3-terminated+confirmed",
        "stale-terminated-4-terminated+terminated",
        "stale-terminated-4-terminated+terminated",
    ];
    let event = |word: &str| vec![format!("1-25406@127.0.0.1 in {word} {CALLER}")];
    assert_eq!(
        told(&mut watch, bodies),
        [vec![], event("ringing"), event("answered"), event("completed"), vec![]]
    );
}
