#![allow(clippy::unwrap_used)]

use ringside_domain::{
    Authority, EndReason, Now, SourceId, Steady, Timestamp, Trust,
    call::{WireParty, WireRoute},
};

use super::*;

struct At(i64);

impl Clock for At {
    fn now(&self) -> Now {
        Now {
            wall: Timestamp(self.0),
            steady: Steady::default(),
        }
    }

    fn zone(&self) -> String {
        "UTC".to_owned()
    }
}

fn event(key: &str, direction: Direction, change: Change) -> CallEvent {
    CallEvent {
        source: SourceId::new("phone/Desk"),
        key: key.to_owned(),
        provider_call_id: None,
        trust: Trust::Trusted,
        authority: Authority::Watcher,
        direction: Some(direction),
        remote: None,
        local: None,
        route: WireRoute::default(),
        replaces: None,
        replay: false,
        at: At(5_000).now(),
        change,
        rehearsal: false,
    }
}

fn from(raw: &str, display: Option<&str>, event: CallEvent) -> CallEvent {
    CallEvent {
        remote: Some(WireParty {
            raw: raw.to_owned(),
            display: display.map(str::to_owned),
        }),
        ..event
    }
}

const ENDED: Change = Change::Ended(EndReason::Completed);

/// The marks as letters, in the order in which they are shown; `!` when nothing more is waited for.
fn marks(heard: &Heard) -> String {
    let check = heard.check("desk").unwrap();
    [
        (check.rang, 'r'),
        (check.number, '#'),
        (check.name, 'n'),
        (check.answered, 'a'),
        (check.ended, 'e'),
        (check.done, '!'),
    ]
    .into_iter()
    .filter_map(|(set, letter)| set.then_some(letter))
    .collect()
}

#[tokio::test(start_paused = true)]
async fn each_mark_appears_as_it_happens() {
    let heard = Arc::new(Heard::new(Arc::new(At(1_000))));
    let sink = heard.sink(Some("desk".to_owned()), None);
    sink.event(event("before", Direction::In, Change::Ringing));
    assert!(heard.check("Desk").is_none(), "nobody asked yet");
    heard.begin_check("Desk");
    // A call that rang before is not the trial, whatever comes of it.
    sink.event(event("before", Direction::In, ENDED));
    assert_eq!(marks(&heard), "");
    sink.event(event("one", Direction::In, Change::Ringing));
    assert_eq!(marks(&heard), "r");
    sink.event(from("anonymous", None, event("one", Direction::In, Change::Ringing)));
    assert_eq!(marks(&heard), "r#");
    // Another call meanwhile changes nothing.
    sink.event(from("1", Some("Bank"), event("two", Direction::In, Change::Ringing)));
    sink.event(event("two", Direction::In, ENDED));
    assert_eq!(marks(&heard), "r#");
    sink.event(from("201", Some("Ada"), event("one", Direction::In, Change::Answered)));
    assert_eq!(marks(&heard), "r#na");
    sink.event(event("one", Direction::In, ENDED));
    assert_eq!(marks(&heard), "r#nae!");
    sink.event(event("three", Direction::In, Change::Ringing));
    assert_eq!(marks(&heard), "r#nae!", "the check is over");
    assert_eq!(heard.last_seen("DESK"), Some(5_000));
}

#[tokio::test(start_paused = true)]
async fn whoever_calls_themselves_checks_the_call_that_comes_in() {
    let heard = Arc::new(Heard::new(Arc::new(At(1_000))));
    let sink = heard.sink(Some("desk".to_owned()), None);
    heard.begin_check("desk");
    sink.event(from("201", None, event("out", Direction::Out, Change::Ringing)));
    assert_eq!(marks(&heard), "r#");
    sink.event(event("in", Direction::In, Change::Ringing));
    assert_eq!(marks(&heard), "r");
    sink.event(event("out", Direction::Out, ENDED));
    assert_eq!(marks(&heard), "r");
    sink.event(event("in", Direction::In, ENDED));
    assert_eq!(marks(&heard), "re!");
}

#[tokio::test(start_paused = true)]
async fn of_what_is_told_again_only_what_rings_is_a_trial_and_a_check_ends_by_itself() {
    let heard = Arc::new(Heard::new(Arc::new(At(1_000))));
    let sink = heard.sink(Some("desk".to_owned()), None);
    heard.begin_check("desk");
    let again = |change| CallEvent {
        replay: true,
        ..event("old", Direction::In, change)
    };
    sink.event(again(Change::Answered));
    assert_eq!((marks(&heard), heard.last_seen("desk")), (String::new(), None));
    sink.event(again(Change::Ringing));
    assert_eq!((marks(&heard).as_str(), heard.last_seen("desk")), ("r", None));
    tokio::time::sleep(TRIAL + Duration::from_millis(1)).await;
    assert_eq!(marks(&heard), "r!");
}

#[tokio::test(start_paused = true)]
async fn the_intake_says_itself_whose_report_it_was() {
    let heard = Arc::new(Heard::new(Arc::new(At(1_000))));
    let sink = heard.sink(None, None);
    heard.begin_check("Desk");
    sink.event(CallEvent {
        source: SourceId::new("intake/Desk"),
        ..event("one", Direction::In, Change::Ringing)
    });
    sink.event(CallEvent {
        source: SourceId::new("ring"),
        ..event("one", Direction::In, Change::Answered)
    });
    assert_eq!(marks(&heard), "r");
    heard.forget("desk");
    assert!(heard.check("desk").is_none() && heard.last_seen("desk").is_none());
}
