//! Whatever comes, in whatever order: every call begins once, goes forward, and ends once at most.

use std::collections::HashMap;

use proptest::prelude::*;
use ringside_domain::{CallEvent, Change};

use crate::Watch;

/// How much of what it knows a server tells.
#[derive(Clone, Copy, Debug)]
enum Server {
    Kamailio,
    Asterisk,
    FreeSwitch,
}

#[derive(Clone, Debug)]
struct Body {
    dialogs: Vec<(u8, usize, bool)>,
    partial: bool,
    version: u64,
    subscribe: bool,
    broken: bool,
    /// Seconds since the one before.
    pause: u64,
}

const STATES: [&str; 8] = [
    "trying",
    "proceeding",
    "early",
    "confirmed",
    "terminated",
    "terminated event='replaced'",
    "",
    "other",
];

fn bodies() -> impl Strategy<Value = Vec<Body>> {
    let dialog = (0..6_u8, 0..STATES.len(), any::<bool>());
    let body = (
        prop::collection::vec(dialog, 0..5),
        prop::bool::weighted(0.3),
        0..20_u64,
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.05),
        0..4_u64,
    )
        .prop_map(|(dialogs, partial, version, subscribe, broken, pause)| Body {
            dialogs,
            partial,
            version,
            subscribe,
            broken,
            pause,
        });
    prop::collection::vec(body, 1..60)
}

fn written(body: &Body, server: Server) -> String {
    let dialogs: String = body
        .dialogs
        .iter()
        .map(|(call, state, held)| {
            let (state, attributes) = STATES[*state].split_once(' ').unwrap_or((STATES[*state], ""));
            let ids = match server {
                Server::Kamailio => format!("id='padi-{call}' call-id='{call}-28657-call@pbx.example'"),
                Server::Asterisk => "id='201'".to_owned(),
                Server::FreeSwitch => format!("id='3b1e2c9a-6d0f-4d0e-9a53-0e1f4c1f7f1{call}'"),
            };
            let direction = if call % 3 == 0 { "initiator" } else { "recipient" };
            // Two of them by one caller: they may be taken for legs of one call.
            let caller = call / 3;
            let rendering = if *held { "no" } else { "yes" };
            format!(
                "<dialog {ids} direction='{direction}'><state {attributes}>{state}</state>\
                 <remote><identity>sip:30{caller}@pbx.example</identity></remote>\
                 <local><target uri='x'><param pname='+sip.rendering' pvalue='{rendering}'/></target></local></dialog>"
            )
        })
        .collect();
    let (state, version) = (if body.partial { "partial" } else { "full" }, body.version);
    let end = if body.broken { "" } else { "</dialog-info>" };
    format!("<dialog-info state='{state}' version='{version}' entity='sip:201@pbx.example'>{dialogs}{end}")
}

/// What has become of the calls, checked at each step.
#[derive(Default)]
struct Calls(HashMap<String, Change>);

impl Calls {
    fn hear(&mut self, event: &CallEvent) -> Result<(), TestCaseError> {
        let before = self.0.insert(event.key.clone(), event.change);
        let legal = match (before, event.change) {
            (Some(Change::Ended(_)), _) => false,
            (None | Some(Change::Ringing), _) => true,
            (Some(_), now) => now != Change::Ringing,
        };
        prop_assert!(legal, "{before:?} and then {event:?}");
        Ok(())
    }

    fn open(&self) -> usize {
        self.0
            .values()
            .filter(|change| !matches!(change, Change::Ended(_)))
            .count()
    }
}

fn server() -> impl Strategy<Value = Server> {
    prop_oneof![Just(Server::Kamailio), Just(Server::Asterisk), Just(Server::FreeSwitch)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6000))]

    /// Any bodies at all: what servers would never send is here too.
    #[test]
    fn calls_go_forward_and_end_once(server in server(), bodies in bodies()) {
        let mut watch = Watch::of("201@pbx.example");
        let mut calls = Calls::default();
        for body in &bodies {
            if body.subscribe {
                watch.tracker.subscribed();
            }
            watch.seconds += body.pause;
            let now = watch.now();
            for event in &watch.tracker.tick(now) {
                calls.hear(event)?;
            }
            let written = written(body, server);
            match watch.tracker.notify(written.as_bytes(), now) {
                Ok(told) => {
                    prop_assert!(!body.broken);
                    for event in &told.events {
                        calls.hear(event)?;
                    }
                }
                Err(_) => prop_assert!(body.broken),
            }
        }
        // Whatever went before, a new subscription with nothing in its list leaves nothing open.
        watch.tracker.subscribed();
        for event in &watch.tell("<dialog-info state='full'/>").events {
            calls.hear(event)?;
        }
        prop_assert_eq!(calls.open(), 0);
    }

    /// Calls as they go, over a network that loses, repeats and swaps: at the end, what is listed is what is open.
    #[test]
    fn what_is_listed_at_the_end_is_open(
        steps in prop::collection::vec((0..5_usize, any::<bool>()), 1..60),
        fate in prop::collection::vec(0..6_u8, 60),
    ) {
        let way = ["early", "confirmed", "terminated"];
        let mut states = [0_usize; 5];
        let mut sent = Vec::new();
        for (call, answered) in steps {
            states[call] = match states[call] {
                0 => 1,
                1 if answered => 2,
                _ => 3,
            };
            let list: String = states
                .iter()
                .enumerate()
                .filter(|(_, state)| **state > 0)
                .map(|(call, state)| crate::dialog(&format!("call-{call}"), way[state - 1]))
                .collect();
            sent.push(crate::full(&list));
        }
        let last = sent.last().cloned().unwrap();
        let mut heard: Vec<String> = Vec::new();
        for (body, fate) in sent.into_iter().zip(fate) {
            match fate {
                0 => {}
                1 => heard.extend([body.clone(), body]),
                2 => heard.insert(heard.len().saturating_sub(1), body),
                _ => heard.push(body),
            }
        }
        heard.push(last);
        let mut watch = Watch::settled("201@pbx.example");
        let mut calls = Calls::default();
        for body in &heard {
            for event in &watch.tell(body).events {
                calls.hear(event)?;
            }
        }
        let open = states.iter().filter(|state| (1..=2).contains(*state)).count();
        prop_assert_eq!(calls.open(), open);
    }
}
