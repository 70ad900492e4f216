//! The calls of one device, out of everything that happens on the exchange.
//!
//! The key of a call is the `Uniqueid` of the device's own channel: `DestUniqueid` of a DialBegin that rings it, `Uniqueid`
//! of one that it makes. `Linkedid` is the same for all channels that belong to one caller: by it we know that somebody
//! else answered, and which queue the call came from.

use ringside_domain::{
    Authority, CallEvent, Change, Direction, EndReason, Now, SourceId, Trust,
    call::{WireParty, WireRoute},
};

use super::packet::Packet;
use crate::clean::{cleaned, kept};

mod remembered;

use remembered::Remembered;

const LONGEST_ID: usize = 150;
const LONGEST_NUMBER: usize = 120;
const LONGEST_NAME: usize = 120;
/// More calls than one phone can have; of more, the oldest is given up.
const MOST_OPEN: usize = 64;
/// What a withheld number is told as.
const WITHHELD: &str = "anonymous";

/// What is open on a device, and what we know of calls that may reach it.
#[derive(Debug)]
pub struct Calls {
    source: SourceId,
    trust: Trust,
    /// `PJSIP/201-`, `Local/201@`: what the names of its channels begin with.
    prefixes: Vec<String>,
    open: Vec<Open>,
    /// By Linkedid, the newest last.
    linked: Remembered<Linked>,
    /// What a channel of ours dialled, by Uniqueid.
    dialled: Remembered<String>,
    /// The Uniqueids of a list that is being told, while it is.
    listed: Option<Vec<String>>,
}

#[derive(Clone, Debug)]
struct Open {
    id: String,
    linked: String,
    direction: Direction,
    remote: WireParty,
    local: Option<WireParty>,
    queue: Option<String>,
    change: Change,
    answered: bool,
    /// It was more than dialled: the phone said that it rings.
    rang: bool,
    /// How dialling ended, as far as it did: `BUSY`, `NOANSWER`, `CANCEL`, …
    status: String,
    forwarded: bool,
    transferred: bool,
    /// The other end of an outgoing call as it was first told after the answer; what is told later is a transfer.
    connected: Option<String>,
}

#[derive(Clone, Debug, Default)]
struct Linked {
    /// Somebody other than our device answered.
    answered_elsewhere: bool,
    queue: Option<String>,
    /// Who called first: a Local channel in between may not pass the number on.
    caller: Option<WireParty>,
}

impl Calls {
    /// `device` is one or more of `PJSIP/201`, `SIP/201`, `Local/201@context`, separated by commas.
    #[must_use]
    pub fn new(source: SourceId, trust: Trust, device: &str) -> Self {
        let names = device.split(',').map(str::trim).filter(|name| !name.is_empty());
        Self {
            source,
            trust,
            prefixes: names
                .map(|name| {
                    if name.ends_with(['@', '-']) {
                        name.to_ascii_lowercase()
                    } else {
                        format!("{}-", name.to_ascii_lowercase())
                    }
                })
                .collect(),
            open: Vec::new(),
            linked: Remembered::default(),
            dialled: Remembered::default(),
            listed: None,
        }
    }

    /// What an event of the manager says about our device.
    pub fn packet(&mut self, packet: &Packet, at: Now) -> Vec<CallEvent> {
        let mut told = self.news(packet, at);
        if self.open.len() > MOST_OPEN {
            let mut oldest = self.open.remove(0);
            oldest.change = Change::Ended(EndReason::Unknown);
            told.push(self.told(&oldest, at, true));
        }
        told
    }

    /// The list of channels is asked for: what it does not name is gone.
    pub fn list_begins(&mut self) {
        self.listed = Some(Vec::new());
    }

    /// Nobody will tell how these calls end.
    pub fn all_lost(&mut self, at: Now) -> Vec<CallEvent> {
        self.listed = None;
        self.lose(at, |_| true)
    }

    fn news(&mut self, packet: &Packet, at: Now) -> Vec<CallEvent> {
        match packet.text("Event") {
            "Newchannel" => self.new_channel(packet),
            "DialBegin" => return self.dial_begins(packet, at).into_iter().collect(),
            "DialState" => {
                if let Some(call) = self.find(packet, "DestUniqueid") {
                    call.rang |= packet.text("DialStatus").eq_ignore_ascii_case("RINGING");
                }
            }
            "DialEnd" => return self.dial_ends(packet, at).into_iter().collect(),
            "BridgeEnter" => return self.changes(packet, Change::Answered, at, |call| !call.answered),
            "Hold" => return self.changes(packet, Change::Held, at, |call| call.answered),
            "Unhold" => return self.changes(packet, Change::Answered, at, |call| call.change == Change::Held),
            "NewConnectedLine" => return self.connected(packet, at).into_iter().collect(),
            "AgentCalled" | "QueueCallerJoin" => return self.queued(packet, at),
            "BlindTransfer" if is_success(packet) => self.passes_on(packet, &["TransfererUniqueid"]),
            "AttendedTransfer" if is_success(packet) => {
                self.passes_on(packet, &["OrigTransfererUniqueid", "SecondTransfererUniqueid"]);
            }
            "Hangup" => return self.hangs_up(packet, at).into_iter().collect(),
            "CoreShowChannel" => return self.listed_one(packet, at).into_iter().collect(),
            "CoreShowChannelsComplete" => {
                let known = self.listed.take().unwrap_or_default();
                return self.lose(at, |call| !known.contains(&call.id));
            }
            _ => {}
        }
        Vec::new()
    }

    fn new_channel(&mut self, packet: &Packet) {
        let exten = packet.text("Exten");
        if self.is_ours(packet.text("Channel")) && exten.len() > 1 {
            self.dialled.put(packet.text("Uniqueid"), exten.to_owned());
        }
    }

    fn dial_begins(&mut self, packet: &Packet, at: Now) -> Option<CallEvent> {
        let linked = id_in(packet, "DestLinkedid").or_else(|| id_in(packet, "Linkedid"))?;
        let caller = party(packet, "CallerIDNum", "CallerIDName");
        if self.is_ours(packet.text("DestChannel")) {
            // A program rings the phone to call somebody with it: what follows is told when the phone dials.
            if packet.text("Channel").is_empty() {
                return None;
            }
            let id = id_in(packet, "DestUniqueid")?;
            let known = self.linked.get(&linked).cloned().unwrap_or_default();
            if known.answered_elsewhere {
                self.linked.entry(&linked).answered_elsewhere = false;
            }
            let remote = caller
                .or_else(|| party(packet, "DestConnectedLineNum", "DestConnectedLineName"))
                .or(known.caller)
                .unwrap_or_else(|| withheld(packet, "CallerIDName"));
            let local = party(packet, "DestCallerIDNum", "DestCallerIDName");
            let call = self.begin(id, linked, Direction::In, remote, local)?;
            call.queue = known.queue;
            let call = call.clone();
            return Some(self.told(&call, at, false));
        }
        if !self.is_ours(packet.text("Channel")) {
            if let Some(caller) = caller {
                self.linked.entry(&linked).caller.get_or_insert(caller);
            }
            return None;
        }
        let id = id_in(packet, "Uniqueid")?;
        let dialled = self.dialled.get(&id).cloned();
        let (_, tail) = packet.text("DialString").rsplit_once('/').unwrap_or_default();
        let candidates = [
            dialled.as_deref().unwrap_or_default(),
            packet.text("DestCallerIDNum"),
            packet.text("Exten"),
            tail,
            packet.text("DialString"),
        ];
        let number = candidates.into_iter().find(|text| is_dialled(text)).unwrap_or_default();
        let remote = WireParty {
            raw: cleaned(number, LONGEST_NUMBER),
            display: None,
        };
        let call = self.begin(id, linked, Direction::Out, remote, caller)?.clone();
        Some(self.told(&call, at, false))
    }

    /// A call of ours begins; `None` when it is known: one trunk after another is tried.
    fn begin(
        &mut self,
        id: String,
        linked: String,
        direction: Direction,
        remote: WireParty,
        local: Option<WireParty>,
    ) -> Option<&mut Open> {
        if let Some(call) = self.open.iter_mut().find(|call| call.id == id) {
            call.status.clear();
            return None;
        }
        // It begins while a list is told that was made before.
        if let Some(listed) = self.listed.as_mut().filter(|listed| listed.len() < 2 * MOST_OPEN) {
            listed.push(id.clone());
        }
        self.open.push(Open {
            id,
            linked,
            direction,
            remote,
            local,
            queue: None,
            change: Change::Ringing,
            answered: false,
            rang: false,
            status: String::new(),
            forwarded: false,
            transferred: false,
            connected: None,
        });
        self.open.last_mut()
    }

    fn dial_ends(&mut self, packet: &Packet, at: Now) -> Option<CallEvent> {
        let status = packet.text("DialStatus").to_ascii_uppercase();
        let is_answer = status == "ANSWER";
        let (dest, channel) = (packet.text("DestChannel"), packet.text("Channel"));
        if is_answer && !self.is_ours(dest) {
            let linked = id_in(packet, "DestLinkedid").or_else(|| id_in(packet, "Linkedid"))?;
            // An outgoing call of ours was answered by the other end, and that is no "elsewhere".
            if !self.is_ours(channel) {
                self.linked.entry(&linked).answered_elsewhere = true;
            }
        }
        let key = if self.is_ours(dest) { "DestUniqueid" } else { "Uniqueid" };
        let has_forward = !packet.text("Forward").is_empty();
        let call = self.find(packet, key)?;
        if !is_answer {
            // Of several that are dialled at once, those that did not answer are told afterwards.
            if !call.answered {
                call.status = cleaned(&status, 20);
                call.forwarded |= has_forward;
            }
            return None;
        }
        if std::mem::replace(&mut call.answered, true) {
            return None;
        }
        call.change = Change::Answered;
        let call = call.clone();
        Some(self.told(&call, at, false))
    }

    fn changes(&mut self, packet: &Packet, to: Change, at: Now, when: impl Fn(&Open) -> bool) -> Vec<CallEvent> {
        let Some(call) = self.find(packet, "Uniqueid").filter(|call| when(call)) else {
            return Vec::new();
        };
        call.answered = true;
        call.change = to;
        let call = call.clone();
        vec![self.told(&call, at, false)]
    }

    /// The other end became another one: we, or they, were transferred.
    fn connected(&mut self, packet: &Packet, at: Now) -> Option<CallEvent> {
        let remote = party(packet, "ConnectedLineNum", "ConnectedLineName")?;
        let call = self.find(packet, "Uniqueid")?;
        let is_news = match call.direction {
            Direction::In => remote.raw != call.remote.raw,
            Direction::Out => {
                let before = call
                    .answered
                    .then(|| call.connected.replace(remote.raw.clone()))
                    .flatten();
                before.is_some_and(|before| before != remote.raw)
            }
        };
        if !is_news {
            return None;
        }
        call.remote = remote;
        let call = call.clone();
        Some(self.told(&call, at, false))
    }

    fn queued(&mut self, packet: &Packet, at: Now) -> Vec<CallEvent> {
        let Some(queue) = kept(packet.get("Queue"), LONGEST_NAME) else {
            return Vec::new();
        };
        let ids: Vec<String> = ["Linkedid", "DestLinkedid"]
            .iter()
            .filter_map(|key| id_in(packet, key))
            .collect();
        for id in &ids {
            self.linked.entry(id).queue = Some(queue.clone());
        }
        let news: Vec<Open> = self
            .open
            .iter_mut()
            .filter(|call| call.direction == Direction::In && ids.contains(&call.linked))
            .filter(|call| call.queue.as_ref() != Some(&queue))
            .map(|call| {
                call.queue = Some(queue.clone());
                call.clone()
            })
            .collect();
        news.iter().map(|call| self.told(call, at, false)).collect()
    }

    fn passes_on(&mut self, packet: &Packet, keys: &[&str]) {
        for key in keys {
            if let Some(call) = self.find(packet, key) {
                call.transferred = true;
            }
        }
    }

    fn hangs_up(&mut self, packet: &Packet, at: Now) -> Option<CallEvent> {
        let id = id_in(packet, "Uniqueid")?;
        self.dialled.forget(&id);
        let place = self.open.iter().position(|call| call.id == id)?;
        let mut call = self.open.remove(place);
        let elsewhere = self
            .linked
            .get(&call.linked)
            .is_some_and(|linked| linked.answered_elsewhere);
        call.change = Change::Ended(end_of(&call, packet.text("Cause").parse().ok(), elsewhere));
        Some(self.told(&call, at, false))
    }

    /// A channel in the list: a call that goes on, or one that began before we were there.
    fn listed_one(&mut self, packet: &Packet, at: Now) -> Option<CallEvent> {
        if self.listed.is_none() || !self.is_ours(packet.text("Channel")) {
            return None;
        }
        let id = id_in(packet, "Uniqueid")?;
        if let Some(listed) = self.listed.as_mut().filter(|listed| listed.len() < 2 * MOST_OPEN) {
            listed.push(id.clone());
        }
        if self.open.iter().any(|call| call.id == id) {
            return None;
        }
        // 4: it dials; 5: it rings; 6: it is answered, and talks when it is in a bridge: else to a mailbox or a menu.
        let (direction, answered) = match packet.text("ChannelState") {
            "4" => (Direction::Out, false),
            "5" => (Direction::In, false),
            "6" if !packet.text("BridgeId").is_empty() => (direction_of(packet), true),
            _ => return None,
        };
        let linked = id_in(packet, "Linkedid").unwrap_or_else(|| id.clone());
        let remote = party(packet, "ConnectedLineNum", "ConnectedLineName")
            .unwrap_or_else(|| withheld(packet, "ConnectedLineName"));
        let local = party(packet, "CallerIDNum", "CallerIDName");
        let call = self.begin(id, linked, direction, remote, local)?;
        call.answered = answered;
        if answered {
            call.change = Change::Answered;
        }
        let call = call.clone();
        Some(self.told(&call, at, true))
    }

    fn lose(&mut self, at: Now, which: impl Fn(&Open) -> bool) -> Vec<CallEvent> {
        let (gone, open) = std::mem::take(&mut self.open).into_iter().partition(which);
        self.open = open;
        let gone: Vec<Open> = gone;
        gone.into_iter()
            .map(|mut call| {
                call.change = Change::Ended(EndReason::Unknown);
                self.told(&call, at, true)
            })
            .collect()
    }

    fn find(&mut self, packet: &Packet, key: &str) -> Option<&mut Open> {
        let id = id_in(packet, key)?;
        self.open.iter_mut().find(|call| call.id == id)
    }

    fn is_ours(&self, channel: &str) -> bool {
        let channel = channel.to_ascii_lowercase();
        self.prefixes.iter().any(|prefix| channel.starts_with(prefix.as_str()))
    }

    fn told(&self, call: &Open, at: Now, replay: bool) -> CallEvent {
        CallEvent {
            source: self.source.clone(),
            key: call.id.clone(),
            provider_call_id: Some(call.id.clone()),
            trust: self.trust,
            authority: Authority::Provider,
            direction: Some(call.direction),
            remote: Some(call.remote.clone()),
            local: call.local.clone(),
            route: WireRoute {
                queue: call.queue.clone(),
                diverted_by: Vec::new(),
            },
            replaces: None,
            replay,
            at,
            change: call.change,
            rehearsal: false,
        }
    }
}

/// How a call ended: by what dialling came to, and by the cause of the hangup (ITU-T Q.850, as Asterisk numbers it).
fn end_of(call: &Open, cause: Option<u32>, elsewhere: bool) -> EndReason {
    if call.answered {
        return if call.transferred {
            EndReason::Transferred
        } else {
            EndReason::Completed
        };
    }
    if call.forwarded {
        return EndReason::Forwarded;
    }
    let status = call.status.as_str();
    if call.direction == Direction::Out {
        return match (status, cause) {
            ("BUSY", _) | ("", Some(17)) => EndReason::Busy,
            ("", Some(21)) => EndReason::Declined,
            ("NOANSWER" | "CANCEL", _) | ("", None | Some(0 | 16 | 18 | 19 | 127)) => EndReason::Missed,
            _ => EndReason::Failed,
        };
    }
    match (status, cause) {
        (_, Some(26)) => EndReason::AnsweredElsewhere,
        _ if elsewhere => EndReason::AnsweredElsewhere,
        ("BUSY", _) | (_, Some(17 | 21)) if call.rang => EndReason::Declined,
        ("BUSY", _) | (_, Some(17)) => EndReason::Busy,
        (_, Some(21)) => EndReason::Declined,
        ("CHANUNAVAIL" | "CONGESTION", _) => EndReason::Failed,
        _ => EndReason::Missed,
    }
}

fn is_success(packet: &Packet) -> bool {
    packet.text("Result").eq_ignore_ascii_case("Success")
}

/// Who is in these two lines; `<unknown>` and nothing at all are nobody.
fn party(packet: &Packet, number: &str, name: &str) -> Option<WireParty> {
    let raw = kept(known(packet, number), LONGEST_NUMBER)?;
    Some(WireParty {
        raw,
        display: kept(known(packet, name), LONGEST_NAME),
    })
}

fn withheld(packet: &Packet, name: &str) -> WireParty {
    WireParty {
        raw: WITHHELD.to_owned(),
        display: kept(known(packet, name), LONGEST_NAME),
    }
}

fn known<'a>(packet: &'a Packet, key: &str) -> Option<&'a str> {
    packet.get(key).filter(|text| !text.eq_ignore_ascii_case("<unknown>"))
}

fn id_in(packet: &Packet, key: &str) -> Option<String> {
    kept(packet.get(key), LONGEST_ID)
}

/// Whether this is what somebody dialled, and not the name of a step in the dial plan (`s`, `h`, `<unknown>`).
fn is_dialled(text: &str) -> bool {
    text.chars().filter(char::is_ascii_digit).count() >= 2 && !text.contains(['&', ','])
}

/// A channel that rang has no extension of its own; one that dialled is where its number led it.
fn direction_of(packet: &Packet) -> Direction {
    if packet.text("Application").eq_ignore_ascii_case("AppDial") {
        Direction::In
    } else {
        Direction::Out
    }
}
