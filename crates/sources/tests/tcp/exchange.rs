//! An exchange that tells what happens on it, in the shape of the manager's documentation: DialBegin and its kin have a
//! block of fields for the channel that dials and one, with `Dest` before each name, for the one that is dialled.

use ringside_domain::{CallEvent, Change, Now, SourceId, Trust};
use ringside_sources::asterisk::{Calls, packet};

pub const TRUNK: &str = "PJSIP/trunk-0000001a";
pub const MINE: &str = "PJSIP/201-0000001b";

/// The exchange, and a phone that listens to it.
pub struct Exchange(pub Calls);

impl Exchange {
    pub fn new() -> Self {
        Self::with("PJSIP/201")
    }

    pub fn with(device: &str) -> Self {
        Self(Calls::new(SourceId::new("desk"), Trust::Trusted, device))
    }

    pub fn says(&mut self, event: &str, fields: &[(&str, &str)]) -> Vec<CallEvent> {
        let mut text = format!("Event: {event}\r\nPrivilege: call,all\r\n");
        for (key, value) in fields {
            text.push_str(&format!("{key}: {value}\r\n"));
        }
        text.push_str("\r\n");
        let (packet, used) = packet(text.as_bytes()).unwrap().unwrap();
        assert_eq!(used, text.len());
        self.0.packet(&packet, Now::default())
    }

    pub fn dial(
        &mut self,
        event: &str,
        from: (&str, &str),
        to: (&str, &str),
        linked: &str,
        more: &[(&str, &str)],
    ) -> Vec<CallEvent> {
        let mut fields = vec![
            ("Channel", from.0),
            ("ChannelStateDesc", "Ring"),
            ("Uniqueid", from.1),
            ("Linkedid", linked),
            ("DestChannel", to.0),
            ("DestUniqueid", to.1),
            ("DestLinkedid", linked),
        ];
        let has = |key: &str| more.iter().any(|(known, _)| *known == key);
        for (key, value) in [
            ("CallerIDNum", "+15550100123"),
            ("CallerIDName", "Ada Lovelace"),
            ("DestCallerIDNum", "201"),
            ("DestCallerIDName", "<unknown>"),
        ] {
            if !has(key) {
                fields.push((key, value));
            }
        }
        fields.extend_from_slice(more);
        self.says(event, &fields)
    }

    /// Our phone rings.
    pub fn rings(&mut self, id: &str, linked: &str) -> CallEvent {
        let told = self.dial(
            "DialBegin",
            (TRUNK, linked),
            (MINE, id),
            linked,
            &[("DialString", "201/sip:201@192.0.2.1")],
        );
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].change, Change::Ringing);
        told.into_iter().next().unwrap()
    }

    pub fn dial_ends(&mut self, id: &str, linked: &str, status: &str) -> Vec<CallEvent> {
        self.dial(
            "DialEnd",
            (TRUNK, linked),
            (MINE, id),
            linked,
            &[("DialStatus", status)],
        )
    }

    pub fn hangs_up(&mut self, id: &str, cause: &str) -> Option<Change> {
        let told = self.says(
            "Hangup",
            &[
                ("Channel", MINE),
                ("Uniqueid", id),
                ("Linkedid", id),
                ("Cause", cause),
                ("Cause-txt", "…"),
            ],
        );
        assert!(told.len() <= 1);
        told.first().map(|event| event.change)
    }
}

pub fn change(told: &[CallEvent]) -> Option<Change> {
    assert!(told.len() <= 1, "{told:?}");
    told.first().map(|event| event.change)
}

pub fn raw(event: &CallEvent) -> &str {
    &event.remote.as_ref().unwrap().raw
}
