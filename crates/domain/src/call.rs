//! Calls, and what sources say about them.
//!
//! A source sends [`CallEvent`]s with the wire's own words; the engine's `CallBook` makes [`Call`]s of them. States only
//! go forward: ringing, then answered or held, then ended.

use std::time::Duration;

use ringside_phone::Reading;

use crate::{
    contact::{Contact, ContactRef},
    id::{CallId, SourceId},
    time::{Now, Timestamp},
};

/// What changed about one call, as one source saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct CallEvent {
    pub source: SourceId,
    /// The source's own id of the call: a dialog id, a `--call-id`. Two keys of one source are two calls.
    pub key: String,
    /// The SIP Call-ID, or the provider's id of the call where it is the same for everybody who sees it.
    pub provider_call_id: Option<String>,
    pub trust: Trust,
    pub authority: Authority,
    pub direction: Option<Direction>,
    /// Who is at the other end, in the wire's own words. `None`: this source gave no number.
    pub remote: Option<WireParty>,
    /// Our end: the line, account or queue that was called.
    pub local: Option<WireParty>,
    pub route: WireRoute,
    /// The [`provider_call_id`](Self::provider_call_id) of the call whose place this one takes: an attended transfer.
    pub replaces: Option<String>,
    /// Told right after the source (re)connected: it may have begun long ago. Ringing still pops; the rest is news of
    /// calls that are known, or that go on without anybody having seen them begin.
    pub replay: bool,
    pub at: Now,
    pub change: Change,
    /// A simulated call: shown as such, and logged only in the rehearsal's own profile.
    pub rehearsal: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Ringing,
    Answered,
    Held,
    Ended(EndReason),
}

/// A party as the wire wrote it: a number, a URI, an extension, `anonymous`, or nothing at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WireParty {
    pub raw: String,
    /// The display name. Shown, never trusted as identity.
    pub display: Option<String>,
}

/// How a call came here, in the wire's own words. Shown, never trusted as identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WireRoute {
    /// The queue or ring group that handed the call out.
    pub queue: Option<String>,
    /// Who passed it on, the last one first: Diversion, History-Info.
    pub diverted_by: Vec<WireParty>,
}

/// How much a kind of source knows about a call. Of two reports on one call the better one wins, field by field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Authority {
    /// A hook, a link, a phone's action URL: late, often without an end, often without an id.
    #[default]
    Hook,
    /// The state that a server tells watchers: dialog-info.
    Watcher,
    /// The server or the phone that handles the call itself: RingCentral, Asterisk's manager, a softphone's own events.
    Provider,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    In,
    Out,
}

/// How far an event may reach. What a link or a hook says pops a card, but logs nothing by itself and opens no browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trust {
    /// Anybody on this machine, or any web page, may have said it.
    Unverified,
    /// From a phone the person marked as trusted, or from a source with credentials.
    Trusted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// Talked, and hung up.
    Completed,
    /// Nobody answered. Of an outgoing call: they did not.
    Missed,
    Declined,
    AnsweredElsewhere,
    /// It went on without us: to another person, or to voicemail.
    Forwarded,
    /// We talked, and passed it on.
    Transferred,
    Busy,
    Failed,
    /// Nobody saw the end: the source stopped telling, or we were not running.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallState {
    Ringing,
    Answered,
    Held,
    Ended(EndReason),
}

impl CallState {
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Ended(_))
    }
}

/// Who is at the other end, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Party {
    pub reading: Reading,
    pub display: Option<String>,
}

/// How a call came here, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    /// The queue or ring group that handed the call out.
    pub queue: Option<String>,
    /// Who passed it on, the last one first.
    pub diverted_by: Vec<Party>,
}

/// One call, whatever the number of sources that report it. This is what the journal keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub id: CallId,
    pub direction: Direction,
    pub state: CallState,
    pub remote: Party,
    /// The line, account or queue that was called, for a person to read.
    pub line: Option<String>,
    pub route: Route,
    pub provider_call_id: Option<String>,
    pub trust: Trust,
    pub rehearsal: bool,
    pub source: SourceId,
    pub started: Timestamp,
    /// IANA zone in which the call began.
    pub zone: String,
    pub answered: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// From answer to end by the clock that counts sleep. `None`: not answered, or nobody saw one of the two.
    pub talked: Option<Duration>,
    pub choice: Option<Choice>,
    pub note: String,
    pub outcome: Option<Outcome>,
    /// What the person chose of the [`LogField`](crate::LogField)s of the chosen contact's connection, by name. It holds for
    /// that contact only, and goes when another one is chosen.
    pub fields: Vec<(String, String)>,
    /// The person said that this call is not to be logged.
    pub no_log: bool,
}

/// The contact a call is about, and who decided so.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub contact: Contact,
    pub by: ChosenBy,
}

impl Choice {
    #[must_use]
    pub fn contact_ref(&self) -> &ContactRef {
        &self.contact.id
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChosenBy {
    Person,
    /// It was the only exact match.
    OnlyExactMatch,
    /// The person chose this contact for this number before.
    Remembered,
    /// By the person's rule for several matches: the first one.
    First,
    /// With whom they spoke last.
    LastSpoken,
    /// The oldest record.
    EarliestCreated,
}

/// What came of a call, in the person's words. Stable codes; each connector maps them to its CRM's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    Connected,
    LeftMessage,
    NoAnswer,
    Busy,
    WrongNumber,
    CallBack,
}

macro_rules! codes {
    ($type:ident { $($variant:ident = $code:literal),+ $(,)? }) => {
        impl $type {
            /// Stable text for the journal, for `--json` and for the UI.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

codes!(Direction { In = "in", Out = "out" });
codes!(Trust { Unverified = "unverified", Trusted = "trusted" });
codes!(ChosenBy { Person = "person", OnlyExactMatch = "only_exact_match", Remembered = "remembered", First = "first", LastSpoken = "last_spoken", EarliestCreated = "earliest_created" });
codes!(Outcome {
    Connected = "connected",
    LeftMessage = "left_message",
    NoAnswer = "no_answer",
    Busy = "busy",
    WrongNumber = "wrong_number",
    CallBack = "call_back",
});
codes!(EndReason {
    Completed = "completed",
    Missed = "missed",
    Declined = "declined",
    AnsweredElsewhere = "answered_elsewhere",
    Forwarded = "forwarded",
    Transferred = "transferred",
    Busy = "busy",
    Failed = "failed",
    Unknown = "unknown",
});

impl CallState {
    /// Stable text: `ringing`, `answered`, `held`, or the reason of the end.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Answered => "answered",
            Self::Held => "held",
            Self::Ended(reason) => reason.code(),
        }
    }

    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "ringing" => Some(Self::Ringing),
            "answered" => Some(Self::Answered),
            "held" => Some(Self::Held),
            end => EndReason::from_code(end).map(Self::Ended),
        }
    }
}
