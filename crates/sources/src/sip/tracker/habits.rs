//! How servers can be told by what they write.

use super::super::dialog_info::{Dialog, State};

/// FreeSWITCH: a channel's UUID as id, no call-id, and each dialog in a body of its own that calls itself full.
pub(super) fn is_told_alone(id: &str, call_id: Option<&str>) -> bool {
    call_id.is_none() && id.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

/// How Kamailio ranks dialogs when it may list only one.
pub(super) fn interest(state: State) -> u8 {
    match state {
        State::Early => 4,
        State::Confirmed => 3,
        State::Proceeding => 2,
        State::Trying => 1,
        State::Absent | State::Other | State::Terminated => 0,
    }
}

/// The user part of an address, `201` of `sip:201@pbx.example:5060`.
pub(super) fn user_of(address: &str) -> &str {
    let address = address.trim();
    let address = ["sip:", "sips:"]
        .iter()
        .find_map(|scheme| {
            let head = address.get(..scheme.len())?;
            head.eq_ignore_ascii_case(scheme).then(|| &address[scheme.len()..])
        })
        .unwrap_or(address);
    address.split_once('@').map_or("", |(user, _)| user)
}

/// FreeSWITCH, of a lot, a queue, a pickup group or a conference: `<identity>sip:5000@pbx.example;proto=park</identity>` at
/// our end. Only there: what the other end is called is up to the caller.
pub(super) fn is_pseudo(dialog: &Dialog) -> bool {
    dialog.local.as_ref().is_some_and(|local| {
        let parameters = local.raw.split_once(';').map_or("", |(_, parameters)| parameters);
        parameters.split(';').any(|parameter| {
            let name = parameter.split('=').next().unwrap_or_default().trim();
            name.eq_ignore_ascii_case("proto") || name.eq_ignore_ascii_case("fifo")
        })
    })
}

/// `sip:park+5000@pbx.example`
pub(super) fn is_pseudo_entity(entity: Option<&str>) -> bool {
    entity.is_some_and(|entity| {
        user_of(entity)
            .split_once('+')
            .is_some_and(|(kind, _)| ["park", "queue", "conf", "pickup", "fifo"].contains(&kind))
    })
}
