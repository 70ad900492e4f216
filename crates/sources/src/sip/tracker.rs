//! From the bodies that a server sends to call events.
//!
//! RFC 4235 says what a body means, and few servers keep to it. What is done about each habit:
//!
//! - Kamailio keeps ended dialogs in later bodies: an ended dialog is remembered, and nothing comes of it twice. With
//!   `force_single_dialog` a "full" body has the most interesting dialog only: what interests less may go on. Its processes
//!   overtake one another: a newer body may leave out what the next one lists again, so absence counts after a while only.
//! - FreeSWITCH sends "full" bodies with the one dialog that changed, without call-id, and empty ones: absence says
//!   nothing. Hold is told as `early`: early after confirmed is hold. Parking lots, queues and conferences are dialogs
//!   too: passed over. An outgoing call that rings is told as `confirmed`, and nothing can be done about that. Each device
//!   that rings has a dialog of its own: those that begin together and name the same caller are legs of one call.
//! - Asterisk has one dialog for each extension, whose id never changes: each ring is a call of its own. Who calls is
//!   told while it rings only, and carried forward. Whether a call waiting was taken or given up is not told. The old
//!   `chan_sip` gives each call its subscription's call-id, `pickup-…`.
//! - BroadWorks rings as `proceeding`, names several identities, and nobody at the end.
//!
//! Dialogs of one Call-ID, direction and caller's tag are legs of one forked call: it rings while one rings, is
//! answered when one is, and ends with the last.

mod call;
mod ended;
mod habits;
mod reason;

use ringside_domain::{
    Authority, CallEvent, Change, Direction, EndReason, Now, SourceId, Steady, Trust, call::WireRoute, source::Note,
};

use self::{
    call::{Call, Leg, Stage},
    ended::Ended,
    habits::{interest, is_pseudo, is_pseudo_entity, is_told_alone, user_of},
    reason::{Told as ToldEnd, end_reason},
};
use super::dialog_info::{BodyError, Dialog, DialogInfo, State, parse};
use crate::report::is_unique_everywhere;

/// Dialogs that go on at one time; of more, the oldest call is given up.
const MOST_LIVE: usize = 500;
/// After an empty first body, the next one within this many seconds still belongs to the beginning.
const SETTLES_WITHIN: std::time::Duration = std::time::Duration::from_secs(2);
/// A dialog that a full body leaves out has ended if it is not listed again within this time.
const COMES_BACK_WITHIN: std::time::Duration = std::time::Duration::from_secs(2);
/// After so many gaps in a row, a server's versions count for nothing.
const MOST_GAPS: u8 = 3;

/// The calls of one address, as its server tells them.
#[derive(Debug)]
pub struct Tracker {
    source: SourceId,
    trust: Trust,
    /// The user part of the address, in lower case. Asterisk gives all its dialogs this id.
    user: String,
    live: Vec<Call>,
    ended: Ended,
    /// Bodies heard, to know which dialogs the last one listed.
    bodies: u64,
    /// Calls begun, for keys of calls whose ids come again.
    begun: u64,
    phase: Phase,
    version: Option<u64>,
    gaps: u8,
    /// A body listed more than one dialog with a call-id: what is on is listed.
    lists_all: bool,
    /// Who called last was not told.
    numberless: bool,
}

/// What one body told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    pub events: Vec<CallEvent>,
    /// A partial body was lost: only a new subscription tells what goes on.
    pub gap: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Subscribed, and nothing heard yet.
    First,
    /// The first body was empty, at this time.
    AfterEmpty(Steady),
    Settled,
}

/// What is the same for everything in one body.
#[derive(Clone, Copy)]
struct Body {
    at: Now,
    replay: bool,
}

impl Tracker {
    /// `aor` is the address that is watched: `201@pbx.example.com`, with or without scheme.
    #[must_use]
    pub fn new(source: SourceId, trust: Trust, aor: &str) -> Self {
        Self {
            source,
            trust,
            user: user_of(aor).to_lowercase(),
            live: Vec::new(),
            ended: Ended::default(),
            bodies: 0,
            begun: 0,
            phase: Phase::First,
            version: None,
            gaps: 0,
            lists_all: false,
            numberless: false,
        }
    }

    /// A new subscription begins: the next full body says what goes on, and is no news.
    pub fn subscribed(&mut self) {
        self.phase = Phase::First;
        self.version = None;
    }

    /// The body of one NOTIFY of an active subscription, in the order of CSeq. Without a body, the first NOTIFY says that
    /// nothing goes on, and a later one says nothing.
    ///
    /// # Errors
    /// [`BodyError`]; what was known before is kept.
    pub fn notify(&mut self, body: &[u8], at: Now) -> Result<Told, BodyError> {
        let empty = body.iter().all(u8::is_ascii_whitespace);
        if empty && self.phase != Phase::First {
            return Ok(Told::default());
        }
        let info = if empty { DialogInfo::default() } else { parse(body)? };
        let first = self.phase == Phase::First;
        let replay = match self.phase {
            Phase::First => true,
            Phase::AfterEmpty(since) => at.steady.since(since) <= SETTLES_WITHIN,
            Phase::Settled => false,
        };
        self.phase = if empty {
            Phase::AfterEmpty(at.steady)
        } else {
            Phase::Settled
        };
        self.bodies += 1;
        self.lists_all |= info.dialogs.iter().filter(|dialog| dialog.call_id.is_some()).count() > 1;

        let gap = self.is_gap(&info);
        let body = Body { at, replay };
        let mut events = Vec::new();
        if !is_pseudo_entity(info.entity.as_deref()) {
            for dialog in info.dialogs.iter().filter(|dialog| !is_pseudo(dialog)) {
                self.hear(dialog, info.entity.as_deref(), body, &mut events);
            }
            self.miss(&info, first, body, &mut events);
            while self.live.iter().map(|call| call.legs.len()).sum::<usize>() > MOST_LIVE {
                self.give_up(0, body, &mut events);
            }
        }
        Ok(Told { events, gap })
    }

    /// Time passed: dialogs that were left out, and did not come back, have ended. Call it every second or two.
    pub fn tick(&mut self, at: Now) -> Vec<CallEvent> {
        let mut events = Vec::new();
        self.end_missing(at, &mut events);
        events
    }

    /// What this server can't tell.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        let no_numbers = Note {
            code: "no_numbers",
            message: "This server tells that the phone rings, but not who calls".to_owned(),
            hint: Some(
                "If it is an Asterisk or FreePBX, set the phone up once more as \"Asterisk or FreePBX, by its manager\", \
                 for which its admin has to give you an account; else ask the admin to send identities in dialog-info"
                    .to_owned(),
            ),
        };
        self.numberless.then_some(no_numbers).into_iter().collect()
    }

    /// Versions of partial bodies follow one another. A server that counts in its own way is not asked again and again.
    fn is_gap(&mut self, info: &DialogInfo) -> bool {
        let last = self.version;
        self.version = info.version.or(last);
        let (true, Some(last), Some(version)) = (info.partial, last, info.version) else {
            return false;
        };
        if version <= last.saturating_add(1) {
            self.gaps = 0;
            return false;
        }
        self.gaps = self.gaps.saturating_add(1);
        self.gaps <= MOST_GAPS
    }

    fn hear(&mut self, dialog: &Dialog, entity: Option<&str>, body: Body, events: &mut Vec<CallEvent>) {
        let call_id = dialog.call_id.as_deref().filter(|id| !id.starts_with("pickup-"));
        let own = |user: &str| !user.is_empty() && dialog.id.eq_ignore_ascii_case(user);
        let is_line = call_id.is_none()
            && (own(&self.user) || own(user_of(entity.unwrap_or_default())) || !is_unique_everywhere(&dialog.id));
        for leg in self.live.iter_mut().flat_map(|call| &mut call.legs) {
            if leg.is(&dialog.id, call_id) {
                leg.listed = self.bodies;
                leg.missing = None;
                // FreeSWITCH tells it at first and never again.
                leg.call_id = leg.call_id.take().or_else(|| call_id.map(str::to_owned));
                leg.alone |= is_told_alone(&leg.id, call_id);
            }
        }
        let over = matches!(dialog.state, State::Terminated | State::Absent);
        match Stage::of(dialog) {
            Some(stage) if is_line => self.line(dialog, stage, body, events),
            Some(stage) => self.goes_on(dialog, call_id, stage, body, events),
            None if over => self.is_over(dialog, call_id, is_line, body, events),
            None => {}
        }
    }

    /// A dialog that goes on, of a server that gives each its own id.
    fn goes_on(
        &mut self,
        dialog: &Dialog,
        call_id: Option<&str>,
        stage: Stage,
        body: Body,
        events: &mut Vec<CallEvent>,
    ) {
        let known = self
            .live
            .iter()
            .position(|call| call.leg(&dialog.id, call_id).is_some());
        if known.is_none() && self.ended.is_final(&dialog.id, call_id, self.bodies) {
            return;
        }
        let now = body.at.steady;
        let forked = || {
            self.live
                .iter()
                .position(|call| call.is_forked_to(dialog, call_id, stage, now))
        };
        match known.or_else(forked) {
            Some(at) => self.update(at, dialog, call_id, stage, body, events),
            None => self.begin(dialog, call_id, stage, body, events),
        }
    }

    /// A dialog whose id stands for the line and not for a call: Asterisk. What rings beside a talk is a call waiting. When
    /// only a talk is told after that, it may be this one or that one: both stay as they were until the line is idle.
    fn line(&mut self, dialog: &Dialog, stage: Stage, body: Body, events: &mut Vec<CallEvent>) {
        let newest = |tracker: &Self, answered: bool| {
            tracker.live.iter().rposition(|call| {
                let is_other = call.untold && call.is_of_another(dialog);
                call.answered == answered && !is_other && call.leg(&dialog.id, None).is_some()
            })
        };
        let (ringing, talking) = (newest(self, false), newest(self, true));
        match (stage, ringing, talking) {
            (Stage::Ringing, Some(at), _) if self.live[at].is_of_another(dialog) => {
                self.give_up(at, body, events);
                self.begin(dialog, None, stage, body, events);
            }
            (Stage::Ringing, Some(at), _) => {
                self.live[at].untold = false;
                self.update(at, dialog, None, stage, body, events);
            }
            (Stage::Ringing, None, Some(at)) if dialog.rendering == Some(false) => {
                self.update(at, dialog, None, Stage::Held, body, events);
            }
            (Stage::Ringing, None, _) | (_, None, None) => self.begin(dialog, None, stage, body, events),
            (_, Some(at), None) => self.update(at, dialog, None, stage, body, events),
            (_, ringing, Some(at)) => {
                self.update(at, dialog, None, stage, body, events);
                if let Some(at) = ringing {
                    self.live[at].untold = true;
                }
            }
        }
    }

    fn begin(&mut self, dialog: &Dialog, call_id: Option<&str>, stage: Stage, body: Body, events: &mut Vec<CallEvent>) {
        let key = self.new_key(dialog, call_id);
        let call = Call::begin(key, dialog, call_id, stage, self.bodies, body.at.steady);
        self.note_numbers(&call);
        events.push(self.event(&call, call.stage.change(), body));
        self.live.push(call);
    }

    fn update(
        &mut self,
        at: usize,
        dialog: &Dialog,
        call_id: Option<&str>,
        stage: Stage,
        body: Body,
        events: &mut Vec<CallEvent>,
    ) {
        let call = &mut self.live[at];
        let before = call.stage;
        call.advance(dialog, call_id, stage, self.bodies);
        let learned = call.learn(dialog);
        if learned || call.stage != before {
            let call = &self.live[at];
            events.push(self.event(call, call.stage.change(), body));
            self.numberless &= !call.names_number();
        }
    }

    fn is_over(
        &mut self,
        dialog: &Dialog,
        call_id: Option<&str>,
        is_line: bool,
        body: Body,
        events: &mut Vec<CallEvent>,
    ) {
        let told = ToldEnd {
            event: dialog.event.as_deref(),
            code: dialog.code,
        };
        let mut known = false;
        for at in (0..self.live.len()).rev() {
            let call = &mut self.live[at];
            let Some(leg) = call.leg(&dialog.id, call_id) else {
                continue;
            };
            known = true;
            let leg = call.legs.swap_remove(leg);
            call.learn(dialog);
            if !is_line || leg.call_id.is_some() {
                self.ended.remember(leg, true);
            }
            if call.legs.is_empty() {
                let reason = end_reason(call.direction, call.answered, true, told);
                self.end(at, reason, body, events);
            }
        }
        if known || is_line || dialog.state == State::Absent {
            return;
        }
        // It began and ended while bodies were lost. Worth telling where it says who it was, and not at the beginning.
        if !self.ended.knows(&dialog.id, call_id, self.bodies) {
            let call = Call::begin(
                self.new_key(dialog, call_id),
                dialog,
                call_id,
                Stage::Ringing,
                self.bodies,
                body.at.steady,
            );
            if !body.replay && call.names_number() {
                let reason = end_reason(call.direction, false, false, told);
                events.push(self.event(&call, Change::Ended(reason), body));
            }
            for leg in call.legs {
                self.ended.remember(leg, true);
            }
        }
    }

    /// Ends what a body no longer lists, as far as its server lists what goes on: at the beginning at once, later after a
    /// while.
    fn miss(&mut self, info: &DialogInfo, first: bool, body: Body, events: &mut Vec<CallEvent>) {
        self.end_missing(body.at, events);
        for at in (0..self.live.len()).rev() {
            let mut legs = std::mem::take(&mut self.live[at].legs);
            let is_gone = |leg: &mut Leg| {
                if leg.listed == self.bodies {
                    return false;
                }
                // Another dialog has its id, or it is not there where it would have to be.
                let replaced = info.dialogs.iter().any(|dialog| dialog.id == leg.id);
                let missed = self.is_missed(leg, info, first);
                if missed && leg.missing.is_none() {
                    leg.missing = Some(body.at);
                }
                replaced || (missed && first)
            };
            let gone: Vec<Leg> = legs.extract_if(.., is_gone).collect();
            for leg in gone {
                self.ended.remember(leg, false);
            }
            self.live[at].legs = legs;
            let call = &self.live[at];
            if call.legs.is_empty() {
                let reason = if first { EndReason::Unknown } else { call.unlisted_end() };
                self.end(at, reason, body, events);
            }
        }
    }

    fn end_missing(&mut self, now: Now, events: &mut Vec<CallEvent>) {
        for at in (0..self.live.len()).rev() {
            let over = |leg: &mut Leg| {
                leg.missing
                    .is_some_and(|since| now.steady.since(since.steady) >= COMES_BACK_WITHIN)
            };
            let gone: Vec<Leg> = self.live[at].legs.extract_if(.., over).collect();
            let Some(since) = gone
                .iter()
                .filter_map(|leg| leg.missing)
                .max_by_key(|since| since.steady)
            else {
                continue;
            };
            for leg in gone {
                self.ended.remember(leg, false);
            }
            let call = &self.live[at];
            if call.legs.is_empty() {
                let reason = call.unlisted_end();
                let body = Body {
                    at: since,
                    replay: false,
                };
                self.end(at, reason, body, events);
            }
        }
    }

    fn is_missed(&self, leg: &Leg, info: &DialogInfo, first: bool) -> bool {
        if info.partial {
            return false;
        }
        match info.dialogs.as_slice() {
            _ if first => true,
            [] => !leg.alone,
            [only] if is_told_alone(&only.id, only.call_id.as_deref()) => false,
            [only] => self.lists_all || leg.stage.interest() > interest(only.state),
            _ => true,
        }
    }

    /// Nobody knows how it ended.
    fn give_up(&mut self, at: usize, body: Body, events: &mut Vec<CallEvent>) {
        for leg in std::mem::take(&mut self.live[at].legs) {
            if is_unique_everywhere(&leg.id) || leg.call_id.is_some() {
                self.ended.remember(leg, true);
            }
        }
        self.end(at, EndReason::Unknown, body, events);
    }

    fn end(&mut self, at: usize, reason: EndReason, body: Body, events: &mut Vec<CallEvent>) {
        let call = self.live.remove(at);
        let reason = if call.untold { EndReason::Unknown } else { reason };
        events.push(self.event(&call, Change::Ended(reason), body));
    }

    fn event(&self, call: &Call, change: Change, body: Body) -> CallEvent {
        let unique = |id: &Option<String>| id.clone().filter(|id| is_unique_everywhere(id));
        CallEvent {
            source: self.source.clone(),
            key: call.key.clone(),
            provider_call_id: unique(&call.call_id),
            trust: self.trust,
            authority: Authority::Watcher,
            direction: call.direction,
            remote: call.remote.clone(),
            local: call.local.clone(),
            route: WireRoute {
                queue: None,
                diverted_by: call.referred_by.clone().into_iter().collect(),
            },
            replaces: unique(&call.replaces),
            replay: body.replay,
            at: body.at,
            change,
            rehearsal: false,
        }
    }

    /// The Call-ID or the dialog's id, numbered where it may come again.
    fn new_key(&mut self, dialog: &Dialog, call_id: Option<&str>) -> String {
        self.begun += 1;
        let base = call_id.unwrap_or(&dialog.id);
        let used = self.live.iter().any(|call| call.key == base) || self.ended.has_key(base);
        if is_unique_everywhere(base) && !used {
            base.to_owned()
        } else {
            format!("{base}#{}", self.begun)
        }
    }

    fn note_numbers(&mut self, call: &Call) {
        if call.stage == Stage::Ringing && call.direction != Some(Direction::Out) {
            self.numberless = !call.names_number();
        }
    }
}

#[cfg(test)]
mod tests;
