//! The rehearsal: simulated calls from sample people, the same ones for a person who tries Ringside, for `./dev run`
//! and for the tests.
//!
//! Every number is from a range that the country keeps free for films and examples; nobody is ever called by mistake.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use ringside_domain::{
    Authority, CallEvent, CallSource, Change, Clock, Direction, EndReason, Error, EventSink, Kind, Result, SourceId,
    Stop, Trust,
    call::{WireParty, WireRoute},
};

mod people;

pub use people::{SamplePerson, people};

/// A part of the script, such as "an unknown caller".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Stable, for the command line: `known`, `two_at_once`.
    pub id: &'static str,
    pub title: &'static str,
    pub steps: &'static [Step],
}

/// One event, as a phone would tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Pause after the step before.
    pub after: Duration,
    /// Which call of this part.
    pub call: &'static str,
    pub direction: Direction,
    /// The other end in the wire's own words, and its display name.
    pub remote: &'static str,
    pub display: Option<&'static str>,
    /// Our end.
    pub line: &'static str,
    pub change: Change,
}

const SALES: &str = "sip:sales@pbx.example.com";
const OWN: &str = "201";

const RING: Change = Change::Ringing;
const ANSWER: Change = Change::Answered;
const END: Change = Change::Ended(EndReason::Completed);
const MISS: Change = Change::Ended(EndReason::Missed);

const fn step(seconds: u64, call: &'static str, direction: Direction, remote: &'static str, change: Change) -> Step {
    Step {
        after: Duration::from_secs(seconds),
        call,
        direction,
        remote,
        display: None,
        line: OWN,
        change,
    }
}

const fn from(seconds: u64, call: &'static str, remote: &'static str, change: Change) -> Step {
    step(seconds, call, Direction::In, remote, change)
}

const KNOWN: Part = Part {
    id: "known",
    title: "A caller who is in the address book once",
    steps: &[
        Step {
            display: Some("A LOVELACE"),
            ..from(0, "a", "sip:+442079460123@pbx.example.com;user=phone", RING)
        },
        from(4, "a", "sip:+442079460123@pbx.example.com;user=phone", ANSWER),
        from(8, "a", "sip:+442079460123@pbx.example.com;user=phone", END),
    ],
};

const SEVERAL: Part = Part {
    id: "several",
    title: "A number that three people share",
    steps: &[
        Step {
            line: SALES,
            ..from(0, "a", "0012025550142", RING)
        },
        from(4, "a", "0012025550142", ANSWER),
        from(8, "a", "0012025550142", END),
    ],
};

const UNKNOWN: Part = Part {
    id: "unknown",
    title: "A caller whom nobody knows",
    steps: &[
        from(0, "a", "+61255500199", RING),
        from(4, "a", "+61255500199", ANSWER),
        from(8, "a", "+61255500199", END),
    ],
};

const WITHHELD: Part = Part {
    id: "withheld",
    title: "A caller who withholds the number, and gives up",
    steps: &[
        from(0, "a", "\"Anonymous\" <sip:anonymous@anonymous.invalid>", RING),
        from(6, "a", "\"Anonymous\" <sip:anonymous@anonymous.invalid>", MISS),
    ],
};

const TWO_AT_ONCE: Part = Part {
    id: "two_at_once",
    title: "A second caller while the first one is on the line",
    steps: &[
        from(0, "a", "+493023125012", RING),
        from(3, "a", "+493023125012", ANSWER),
        Step {
            line: SALES,
            ..from(2, "b", "sip:0033199001234@gateway.example.com", RING)
        },
        from(3, "a", "+493023125012", Change::Held),
        from(1, "b", "sip:0033199001234@gateway.example.com", ANSWER),
        from(4, "b", "sip:0033199001234@gateway.example.com", END),
        from(1, "a", "+493023125012", ANSWER),
        from(3, "a", "+493023125012", END),
    ],
};

const OUTGOING: Part = Part {
    id: "outgoing",
    title: "An outgoing call to a mobile in Australia",
    steps: &[
        step(0, "a", Direction::Out, "tel:+61-491-570-156", RING),
        step(5, "a", Direction::Out, "tel:+61-491-570-156", ANSWER),
        step(6, "a", Direction::Out, "tel:+61-491-570-156", END),
    ],
};

const SCRIPT: [Part; 6] = [KNOWN, SEVERAL, UNKNOWN, WITHHELD, TWO_AT_ONCE, OUTGOING];

/// All parts, in the order in which they are played.
#[must_use]
pub const fn script() -> &'static [Part] {
    &SCRIPT
}

/// The country that the sample numbers without a country code are meant for.
pub const HOME: &str = "GB";
/// Between two parts.
const PAUSE: Duration = Duration::from_secs(3);

/// Plays parts of the script as a call source, and ends with the last one.
pub struct Rehearsal {
    clock: Arc<dyn Clock>,
    parts: Vec<Part>,
    /// Makes the calls of this run other calls than those of the run before.
    run: String,
    keep_ringing: bool,
}

impl Rehearsal {
    /// The whole script, or one part of it by its id. `run` is a text that no other rehearsal had, such as a UUID.
    ///
    /// # Errors
    /// [`Kind::NotFound`] with the ids there are.
    pub fn new(clock: Arc<dyn Clock>, part: Option<&str>, run: impl Into<String>) -> Result<Self> {
        let parts: Vec<Part> = script()
            .iter()
            .filter(|known| part.is_none_or(|id| known.id == id))
            .copied()
            .collect();
        if parts.is_empty() {
            let ids: Vec<&str> = script().iter().map(|part| part.id).collect();
            return Err(Error::new(Kind::NotFound, "rehearse", "the rehearsal has no such part")
                .hint(format!("Its parts are {}", ids.join(", ")))
                .field("part"));
        }
        Ok(Self {
            clock,
            parts,
            run: run.into(),
            keep_ringing: false,
        })
    }

    /// Plays each part only up to its first ring, and leaves the call ringing: to look at a card in peace.
    #[must_use]
    pub fn keep_ringing(mut self) -> Self {
        self.keep_ringing = true;
        self
    }

    fn event(&self, part: &Part, step: &Step) -> CallEvent {
        let key = format!("{}-{}-{}", self.run, part.id, step.call);
        let party = |raw: &str, display: Option<&str>| WireParty {
            raw: raw.to_owned(),
            display: display.map(str::to_owned),
        };
        CallEvent {
            source: self.id(),
            provider_call_id: Some(key.clone()),
            key,
            trust: Trust::Trusted,
            authority: Authority::Provider,
            direction: Some(step.direction),
            remote: Some(party(step.remote, step.display)),
            local: Some(party(step.line, None)),
            route: WireRoute::default(),
            replaces: None,
            replay: false,
            at: self.clock.now(),
            change: step.change,
            rehearsal: true,
        }
    }
}

#[async_trait]
impl CallSource for Rehearsal {
    fn id(&self) -> SourceId {
        SourceId::new("rehearsal")
    }

    /// Stopped in the middle, it ends the calls that it began.
    async fn run(&mut self, sink: Box<dyn EventSink>, stop: Stop) -> Result<()> {
        let mut open: Vec<(Part, Step)> = Vec::new();
        'script: for (number, part) in self.parts.iter().enumerate() {
            let steps = if self.keep_ringing {
                &part.steps[..1]
            } else {
                part.steps
            };
            for (place, step) in steps.iter().enumerate() {
                let pause = if place == 0 && number > 0 { PAUSE } else { step.after };
                tokio::select! {
                    biased;
                    () = stop.clone() => break 'script,
                    () = tokio::time::sleep(pause) => {}
                }
                sink.event(self.event(part, step));
                open.retain(|(_, other)| other.call != step.call);
                if !matches!(step.change, Change::Ended(_)) && !self.keep_ringing {
                    open.push((*part, *step));
                }
            }
        }
        for (part, step) in open {
            let end = Step {
                change: Change::Ended(EndReason::Unknown),
                ..step
            };
            sink.event(self.event(&part, &end));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
