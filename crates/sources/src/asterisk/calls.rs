//! The calls of one device, out of everything that happens on the exchange.
//!
//! The key of a call is the `Uniqueid` of the device's own channel: `DestUniqueid` of a DialBegin that rings it, `Uniqueid`
//! of one that it makes. `Linkedid` is the same for all channels that belong to one caller: by it we know that somebody
//! else answered, which queue the call came from, and that two channels which ring at once are one call: a device with two
//! registrations, or a phone behind a Local channel.

use ringside_domain::{
    Authority, CallEvent, Change, Direction, EndReason, Now, SourceId, Trust,
    call::{WireParty, WireRoute},
};

use super::packet::Packet;
use crate::clean::{cleaned, kept};

mod open;
mod party;
mod remembered;

use open::Open;
use party::{LONGEST_NAME, LONGEST_NUMBER, direction_of, extension, forwarded_to, id_in, is_dialled, party, withheld};
use remembered::Remembered;

/// More calls than one phone can have; of more, the oldest is given up.
const MOST_OPEN: usize = 64;
/// Channels of ours in a list.
const MOST_LISTED: usize = 8 * MOST_OPEN;
/// Of one caller.
const MOST_FORWARDS: usize = 8;

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

#[derive(Clone, Debug, Default)]
struct Linked {
    /// Somebody other than our device answered.
    answered_elsewhere: bool,
    queue: Option<String>,
    /// Who called first: a Local channel in between may not pass the number on.
    caller: Option<WireParty>,
    /// Who forwarded, and to which extension.
    forwards: Vec<(String, WireParty)>,
}

impl Linked {
    /// Who passed the call on until it came to this extension, the last one first.
    fn diverted_by(&self, via: Option<&str>) -> Vec<WireParty> {
        let mut chain: Vec<WireParty> = Vec::new();
        while chain.len() < self.forwards.len() {
            let to = chain.last().map(|by| by.raw.as_str()).or(via);
            let Some((_, by)) = self.forwards.iter().find(|(known, _)| Some(known.as_str()) == to) else {
                break;
            };
            chain.push(by.clone());
        }
        chain
    }
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
                let id = packet.text("DestUniqueid");
                if let Some(leg) = self.open.iter_mut().find_map(|call| call.leg(id)) {
                    leg.rang |= packet.text("DialStatus").eq_ignore_ascii_case("RINGING");
                }
            }
            "DialEnd" => {
                let mut told = self.forwards(packet, at);
                told.extend(self.dial_ends(packet, at));
                return told;
            }
            "BridgeEnter" => return self.changes(packet, Change::Answered, at, |call| !call.answered),
            "Hold" => return self.changes(packet, Change::Held, at, |call| call.answered),
            "Unhold" => return self.changes(packet, Change::Answered, at, |call| call.change == Change::Held),
            "NewConnectedLine" => return self.connected(packet, at).into_iter().collect(),
            "AgentCalled" | "QueueCallerJoin" => return self.queued(packet, at),
            "BlindTransfer" if packet.text("Result").eq_ignore_ascii_case("Success") => {
                self.passes_on(packet, &["TransfererUniqueid"])
            }
            "AttendedTransfer" if packet.text("Result").eq_ignore_ascii_case("Success") => {
                self.passes_on(packet, &["OrigTransfererUniqueid", "SecondTransfererUniqueid"]);
            }
            "Hangup" => return self.hangs_up(packet, at).into_iter().collect(),
            "CoreShowChannel" => return self.listed_one(packet, at).into_iter().collect(),
            "CoreShowChannelsComplete" => {
                let known = self.listed.take().unwrap_or_default();
                return self.lose(at, |call| !call.keeps(&known));
            }
            _ => {}
        }
        Vec::new()
    }

    fn new_channel(&mut self, packet: &Packet) {
        if !self.is_ours(packet.text("Channel")) {
            return;
        }
        let exten = kept(packet.get("Exten"), LONGEST_NUMBER).filter(|exten| exten.len() > 1);
        if let (Some(id), Some(exten)) = (id_in(packet, "Uniqueid"), exten) {
            self.dialled.put(&id, exten);
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
            let via = extension(packet.text("DestChannel")).or_else(|| extension(packet.text("Channel")));
            let diverted_by = known.diverted_by(via.as_deref());
            let remote = caller
                .or_else(|| party(packet, "DestConnectedLineNum", "DestConnectedLineName"))
                .or(known.caller)
                .unwrap_or_else(|| withheld(packet, "CallerIDName"));
            let local = party(packet, "DestCallerIDNum", "DestCallerIDName");
            let mut call = Open::new(id, linked, Direction::In, remote, local);
            call.diverted_by = diverted_by;
            call.queue = known.queue;
            call.via = via;
            let call = self.begin(call)?;
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
        let call = self.begin(Open::new(id, linked, Direction::Out, remote, caller))?;
        Some(self.told(&call, at, false))
    }

    /// A channel of ours begins; `None` when it is known (one trunk after another is tried), or a further leg of a call.
    fn begin(&mut self, call: Open) -> Option<Open> {
        if let Some(leg) = self.open.iter_mut().find_map(|open| open.leg(&call.key)) {
            leg.status.clear();
            return None;
        }
        // It begins while a list is told that was made before.
        self.is_listed(&call.key);
        if let Some(open) = self.open.iter_mut().find(|open| open.is_joined_by(&call)) {
            open.join(call);
            return None;
        }
        self.open.push(call.clone());
        Some(call)
    }

    /// Somebody's phone sends a caller on, who may be ringing here already.
    fn forwards(&mut self, packet: &Packet, at: Now) -> Vec<CallEvent> {
        let linked = id_in(packet, "DestLinkedid").or_else(|| id_in(packet, "Linkedid"));
        let by = party(packet, "DestCallerIDNum", "DestCallerIDName");
        let (Some(linked), Some(by), Some(to)) = (linked, by, forwarded_to(packet)) else {
            return Vec::new();
        };
        if self.is_ours(packet.text("DestChannel")) {
            return Vec::new();
        }
        let known = self.linked.entry(&linked);
        known.forwards.retain(|(before, _)| *before != to);
        if known.forwards.len() < MOST_FORWARDS {
            known.forwards.push((to, by));
        }
        let mut news = Vec::new();
        let is_ringing = |call: &&mut Open| call.direction == Direction::In && !call.answered && call.linked == linked;
        for call in self.open.iter_mut().filter(is_ringing) {
            let diverted_by = known.diverted_by(call.via.as_deref());
            if diverted_by != call.diverted_by {
                call.diverted_by = diverted_by;
                news.push(call.clone());
            }
        }
        news.iter().map(|call| self.told(call, at, false)).collect()
    }

    fn dial_ends(&mut self, packet: &Packet, at: Now) -> Option<CallEvent> {
        let status = packet.text("DialStatus").to_ascii_uppercase();
        let is_answer = status == "ANSWER";
        let (dest, channel) = (packet.text("DestChannel"), packet.text("Channel"));
        if is_answer && !self.is_ours(dest) {
            let linked = id_in(packet, "DestLinkedid").or_else(|| id_in(packet, "Linkedid"))?;
            // An outgoing call of ours was answered by the other end, and that is no "elsewhere".
            if !self.is_of_ours(channel) {
                self.linked.entry(&linked).answered_elsewhere = true;
            }
        }
        let key = if self.is_ours(dest) { "DestUniqueid" } else { "Uniqueid" };
        let has_forward = !packet.text("Forward").is_empty();
        let id = id_in(packet, key)?;
        let call = self.find(packet, key)?;
        if !is_answer {
            // Of several that are dialled at once, those that did not answer are told afterwards.
            if let Some(leg) = call.leg(&id) {
                leg.status = cleaned(&status, 20);
                leg.forwarded |= has_forward;
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
        let place = self.open.iter().position(|call| call.has(&id))?;
        let linked = self.linked.get(&self.open[place].linked);
        let elsewhere = linked.is_some_and(|linked| linked.answered_elsewhere);
        let end = self.open[place].leg_ends(&id, packet.text("Cause").parse().ok(), elsewhere)?;
        let mut call = self.open.remove(place);
        call.change = Change::Ended(end);
        Some(self.told(&call, at, false))
    }

    /// A channel in the list: a call that goes on, or one that began before we were there.
    fn listed_one(&mut self, packet: &Packet, at: Now) -> Option<CallEvent> {
        if self.listed.is_none() || !self.is_ours(packet.text("Channel")) {
            return None;
        }
        let id = id_in(packet, "Uniqueid")?;
        self.is_listed(&id);
        // 4: it dials; 5: it rings; 6: it is answered, and talks when it is in a bridge: else to a mailbox or a menu.
        let (direction, answered) = match packet.text("ChannelState") {
            "4" => (Direction::Out, false),
            "5" => (Direction::In, false),
            "6" if !packet.text("BridgeId").is_empty() => (direction_of(packet), true),
            _ => return None,
        };
        if let Some(call) = self.open.iter_mut().find(|call| call.has(&id)) {
            if call.answered || !answered {
                return None;
            }
            // It was answered while nobody told us.
            call.answered = true;
            call.change = Change::Answered;
            let call = call.clone();
            return Some(self.told(&call, at, true));
        }
        let linked = id_in(packet, "Linkedid").unwrap_or_else(|| id.clone());
        let remote = party(packet, "ConnectedLineNum", "ConnectedLineName")
            .unwrap_or_else(|| withheld(packet, "ConnectedLineName"));
        let local = party(packet, "CallerIDNum", "CallerIDName");
        let mut call = Open::new(id, linked, direction, remote, local);
        if answered {
            call.answered = true;
            call.change = Change::Answered;
        }
        let call = self.begin(call)?;
        Some(self.told(&call, at, true))
    }

    fn is_listed(&mut self, id: &str) {
        if let Some(listed) = self.listed.as_mut().filter(|listed| listed.len() < MOST_LISTED) {
            listed.push(id.to_owned());
        }
    }

    fn lose(&mut self, at: Now, is_gone: impl FnMut(&mut Open) -> bool) -> Vec<CallEvent> {
        let gone: Vec<Open> = self.open.extract_if(.., is_gone).collect();
        gone.into_iter()
            .map(|mut call| {
                call.change = Change::Ended(EndReason::Unknown);
                self.told(&call, at, true)
            })
            .collect()
    }

    fn find(&mut self, packet: &Packet, key: &str) -> Option<&mut Open> {
        let id = id_in(packet, key)?;
        self.open.iter_mut().find(|call| call.has(&id))
    }

    /// The second half of a Local channel runs the dial plan, which may dial whom it likes: it is no phone.
    fn is_ours(&self, channel: &str) -> bool {
        self.is_of_ours(channel) && !channel.ends_with(";2")
    }

    fn is_of_ours(&self, channel: &str) -> bool {
        let channel = channel.to_ascii_lowercase();
        self.prefixes.iter().any(|prefix| channel.starts_with(prefix.as_str()))
    }

    fn told(&self, call: &Open, at: Now, replay: bool) -> CallEvent {
        CallEvent {
            source: self.source.clone(),
            key: call.key.clone(),
            provider_call_id: Some(call.key.clone()),
            trust: self.trust,
            authority: Authority::Provider,
            direction: Some(call.direction),
            remote: Some(call.remote.clone()),
            local: call.local.clone(),
            route: WireRoute {
                queue: call.queue.clone(),
                diverted_by: call.diverted_by.clone(),
            },
            replaces: None,
            replay,
            at,
            change: call.change,
            rehearsal: false,
        }
    }
}
