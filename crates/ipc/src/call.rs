//! A call as the card and the list show it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    contact::{ContactDto, ContactRefDto, MatchDto},
    creation::CreationDto,
    status::FieldOptionDto,
};

/// One call, whole: the card paints this and nothing else. Times are Unix milliseconds, durations milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CallDto {
    pub id: String,
    pub direction: DirectionDto,
    /// `ringing`, `answered`, `held`, or how it ended: `completed`, `missed`, `declined`, `answered_elsewhere`,
    /// `forwarded`, `transferred`, `busy`,
    /// `failed`, `unknown`.
    pub state: CallStateDto,
    pub is_over: bool,
    /// Its card is open now. In a storm a call may get its card later, or lose it to a more important one and get it back.
    pub card: bool,
    /// The line, account or queue that was called.
    pub line: Option<String>,
    /// The queue or ring group that handed the call out. Not proved.
    pub queue: Option<String>,
    /// Who passed the call on to us, the last one first. Not proved.
    pub diverted_by: Vec<CallerDto>,
    pub caller: CallerDto,
    pub started: i64,
    pub zone: String,
    pub answered: Option<i64>,
    pub ended: Option<i64>,
    /// Time talked; `null` is unknown or not answered.
    pub talked: Option<i64>,
    /// What the event said may not be trusted: shown, but nothing happens by itself.
    pub unverified: bool,
    pub rehearsal: bool,
    pub lookup: LookupDto,
    /// The contact this call is about, and who decided so.
    pub choice: Option<ChoiceDto>,
    pub note: String,
    pub outcome: Option<OutcomeDto>,
    /// What the person chose of `log_fields`. Choosing another contact empties it.
    pub fields: Vec<ChosenFieldDto>,
    /// Records with the caller's number that turned up in the CRM after this call's contact was created there: a colleague
    /// may have created the same person at the same time. Empty once a person chose.
    pub twins: Vec<ContactDto>,
    pub log: LogDto,
    /// Why this call is never logged, where the person's lists say so.
    pub never_log: Option<NeverLogDto>,
    /// On the person's list of callers that are never missed.
    pub vip: bool,
    /// The contact that is about to be created for this call.
    pub creation: Option<CreationDto>,
    /// What `undo` would take back.
    pub undo: Option<UndoDto>,
    /// The provider's or softphone's own id of the call, where there is one.
    pub provider_call_id: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DirectionDto {
    In,
    Out,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CallStateDto {
    Ringing,
    Answered,
    Held,
    Completed,
    Missed,
    Declined,
    AnsweredElsewhere,
    Forwarded,
    Transferred,
    Busy,
    Failed,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeDto {
    Connected,
    LeftMessage,
    NoAnswer,
    Busy,
    WrongNumber,
    CallBack,
}

/// One event as its source told it, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HeardDto {
    /// When it happened, Unix milliseconds.
    pub at: i64,
    /// Who told: `phone/Office`, `intake/Desk`, `ring`, …
    pub source: String,
    /// `ringing`, `answered`, `held`, or how it ended.
    pub change: CallStateDto,
    /// The call it was or became; `null` when nothing was to be made of it.
    pub call: Option<String>,
    /// How that call stands after it: this event may have been late, or known better by another source.
    pub state: Option<CallStateDto>,
    /// What this event alone says: `null` is not told.
    pub direction: Option<DirectionDto>,
    pub caller: Option<CallerDto>,
    pub line: Option<String>,
    pub queue: Option<String>,
    pub provider_call_id: Option<String>,
    /// Told right after the source connected: it may have begun long ago.
    pub replay: bool,
    pub trusted: bool,
    pub rehearsal: bool,
}

/// Who is at the other end, as far as the phone told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CallerDto {
    pub kind: CallerKind,
    /// For a person to read: the number as people of that country write it, `ext. 12`, a SIP address, or empty.
    pub text: String,
    pub e164: Option<String>,
    /// ISO 3166-1 alpha-2; the UI names the country in its own language.
    pub region: Option<String>,
    /// What kind of line the number plan says it is: `mobile`, `fixed_line`, `toll_free`, …
    pub line_type: Option<String>,
    /// The display name that came with the call; not proved.
    pub display: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CallerKind {
    Number,
    Extension,
    SipAddress,
    Withheld,
    Unreadable,
}

/// What lookup knows so far. Append-only: nothing that was shown moves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct LookupDto {
    pub running: bool,
    pub matches: Vec<MatchDto>,
    /// Every place that is or was asked, in the order of the connections.
    pub asked: Vec<AskedDto>,
    /// Forms of the number that were tried.
    pub forms: u32,
    /// When the newest answer came; Unix milliseconds.
    pub checked: Option<i64>,
}

/// One connection's part in a lookup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AskedDto {
    pub connection: String,
    pub name: String,
    pub state: AskedState,
    /// Why it failed or was skipped, or what of it could not be asked although somebody was found; for a person.
    pub message: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AskedState {
    Asking,
    /// No answer for two seconds; still asking.
    Slow,
    Found,
    NotFound,
    Failed,
    Skipped,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ChoiceDto {
    pub contact: ContactDto,
    pub by: ChosenByDto,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ChosenByDto {
    Person,
    OnlyExactMatch,
    Remembered,
    /// By the person's rule for several matches.
    First,
    LastSpoken,
    EarliestCreated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NeverLogDto {
    OwnNumber,
    Listed,
    /// A simulated call among real ones.
    Rehearsal,
}

/// The newest thing a person did with a call that can be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum UndoDto {
    /// Nothing has been sent yet; `until` is Unix milliseconds.
    Creation {
        until: i64,
    },
    /// The choice, and that it was remembered for this number. `before`: who it was.
    Choice {
        before: Option<String>,
    },
    SetAside,
}

/// One value, by the field's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ChosenFieldDto {
    pub name: String,
    pub value: String,
}

/// What this CRM wants to know about a call with the chosen contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogFieldsDto {
    /// The contact that the choices are for; `null` when nobody is chosen.
    pub contact: Option<ContactRefDto>,
    pub fields: Vec<LogFieldDto>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogFieldDto {
    pub name: String,
    pub label: String,
    pub required: bool,
    /// It is typed, and has no options.
    pub typed: bool,
    /// The value that counts while none is chosen.
    pub default: Option<String>,
    pub options: Vec<FieldOptionDto>,
    /// Why its choices could not be asked for, in the CRM's words.
    pub failed: Option<String>,
}

/// What became of the log of this call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogDto {
    pub state: LogStateDto,
    /// The write behind it, for `settle`.
    pub write: Option<String>,
    /// Where it is or will be logged, and on whom.
    pub connection: Option<String>,
    pub connection_name: Option<String>,
    pub contact: Option<ContactRefDto>,
    pub contact_name: Option<String>,
    /// Why it waits, was refused or is unsure, and what to do next.
    pub message: Option<String>,
    pub hint: Option<String>,
    pub code: Option<String>,
    /// The field that the CRM refused: one of the log's fields, or `note`.
    pub field: Option<String>,
    /// What the CRM said beside taking it.
    pub said: Option<String>,
    /// When it will be tried again; Unix milliseconds.
    pub next_try: Option<i64>,
    /// The log's own page.
    pub url: Option<String>,
    /// A log that is there may be put on another contact.
    pub moves: bool,
    /// The note, outcome or fields were changed after it was logged, and the change is not there yet.
    pub changed: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LogStateDto {
    #[default]
    NotLogged,
    /// The person said so.
    SetAside,
    Waiting,
    Logged,
    Refused,
    Unsure,
}

/// What a command line, a link or a hook says about a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ReportDto {
    /// The other end: a number, a SIP or tel URI, an extension, `anonymous`.
    pub from: Option<String>,
    /// Our end.
    pub to: Option<String>,
    pub name: Option<String>,
    pub direction: Option<DirectionDto>,
    pub state: Option<ReportState>,
    pub call_id: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ReportState {
    #[default]
    Ringing,
    Answered,
    Held,
    Ended,
}

/// A page of the call list, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct CallFilterDto {
    pub text: Option<String>,
    pub missed: bool,
    pub not_logged: bool,
    /// Only calls whose log is waiting, refused or unsure.
    #[ts(optional)]
    pub log: Option<LogStateDto>,
    /// Id of the last call of the page before.
    pub before: Option<String>,
    /// Only calls that were first heard of then or later, Unix milliseconds: the time in their ids. To catch up after events
    /// were lost.
    #[ts(optional)]
    pub since: Option<i64>,
    pub limit: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CallsPageDto {
    pub calls: Vec<CallDto>,
    pub more: bool,
}

/// What one lookup did, step by step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TraceDto {
    pub at: i64,
    pub live: bool,
    /// Microseconds.
    pub took_us: i64,
    pub steps: Vec<TraceStepDto>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TraceStepDto {
    /// `null`: the local index.
    pub connection: Option<String>,
    pub name: String,
    pub request: String,
    pub forms: Vec<String>,
    pub started_after_us: i64,
    pub took_us: i64,
    pub answer: AnswerDto,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AnswerDto {
    Found {
        records: u32,
        verified: u32,
    },
    Failed {
        code: String,
        message: String,
    },
    Skipped {
        reason: String,
    },
    /// What looks odd in the answer before it, for whoever wrote the connector's file.
    Odd {
        reason: String,
    },
}
