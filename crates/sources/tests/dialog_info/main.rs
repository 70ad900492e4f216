//! What servers tell of calls, body by body, and the call events that come of it.

#![allow(clippy::unwrap_used, clippy::panic)]

mod captured;
mod freeswitch;
mod habits;
mod properties;
mod subscription;

use std::time::Duration;

use ringside_domain::{
    CallEvent, CallState, Change, Direction, Now, SourceId, Steady, Timestamp, Trust, call::WireParty,
};
use ringside_sources::sip::tracker::{Told, Tracker};

/// A tracker, and a clock that goes on by a second with each body.
struct Watch {
    tracker: Tracker,
    seconds: u64,
}

impl Watch {
    /// Just subscribed: the first body is to come.
    fn of(aor: &str) -> Self {
        let mut tracker = Tracker::new(SourceId::new("desk"), Trust::Trusted, aor);
        tracker.subscribed();
        Self { tracker, seconds: 0 }
    }

    /// Subscribed for a while, and nothing goes on: as Kamailio, it had an empty NOTIFY first.
    fn settled(aor: &str) -> Self {
        let mut watch = Self::of(aor);
        assert_eq!(watch.hear(""), [""; 0]);
        watch.seconds += 60;
        watch
    }

    fn tell(&mut self, body: &str) -> Told {
        self.seconds += 1;
        let at = self.now();
        self.tracker.notify(body.as_bytes(), at).unwrap()
    }

    fn now(&self) -> Now {
        Now {
            wall: Timestamp(1_700_000_000_000 + i64::try_from(self.seconds).unwrap() * 1000),
            steady: Steady(Duration::from_secs(self.seconds)),
        }
    }

    /// Nothing is heard for two seconds.
    fn later(&mut self) -> Vec<String> {
        self.seconds += 2;
        let at = self.now();
        self.tracker.tick(at).iter().map(in_words).collect()
    }

    fn hear(&mut self, body: &str) -> Vec<String> {
        self.tell(body).events.iter().map(in_words).collect()
    }

    fn notes(&self) -> Vec<&'static str> {
        self.tracker.notes().iter().map(|note| note.code).collect()
    }
}

/// `KEY in ringing from sip:305@x "Ada"`, and what else there is to say.
fn in_words(event: &CallEvent) -> String {
    let party = |party: &WireParty| match &party.display {
        Some(display) => format!("{} {display:?}", party.raw),
        None => party.raw.clone(),
    };
    let change = match event.change {
        Change::Ringing => CallState::Ringing,
        Change::Answered => CallState::Answered,
        Change::Held => CallState::Held,
        Change::Ended(reason) => CallState::Ended(reason),
    };
    let mut words = vec![
        event.key.clone(),
        event.direction.map_or("?", Direction::code).to_owned(),
        change.code().to_owned(),
    ];
    words.extend(event.remote.as_ref().map(party));
    words.extend(event.route.diverted_by.iter().map(|by| format!("by {}", party(by))));
    words.extend(event.replaces.as_ref().map(|id| format!("replaces {id}")));
    if event.replay {
        words.push("(replay)".to_owned());
    }
    words.join(" ")
}

/// A full body of `201@pbx.example`.
fn full(dialogs: &str) -> String {
    format!("<dialog-info version='1' state='full' entity='sip:201@pbx.example'>{dialogs}</dialog-info>")
}

fn partial(version: u64, dialogs: &str) -> String {
    format!("<dialog-info version='{version}' state='partial' entity='sip:201@pbx.example'>{dialogs}</dialog-info>")
}

/// A dialog of call `name` that came in, by a server that tells everything.
fn dialog(name: &str, state: &str) -> String {
    format!(
        "<dialog id='{name}-dialog' call-id='{name}-call-id@pbx.example' direction='recipient'>{}\
         <remote><identity>sip:305@pbx.example</identity></remote></dialog>",
        match state.split_once(' ') {
            Some((state, attributes)) => format!("<state {attributes}>{state}</state>"),
            None => format!("<state>{state}</state>"),
        }
    )
}
