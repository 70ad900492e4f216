//! What a call may show: a card, a notification, a name. Pure, so that every state of the desktop can be tested.
//!
//! Whatever is kept back here, the call is looked up, listed and logged all the same.

use ringside_ipc::{
    call::{CallDto, DirectionDto},
    settings::{PopDto, SettingsDto},
    status::QuietDto,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manners {
    pub card: Card,
    pub notice: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Card {
    Pops,
    /// It is kept back, and its hotkey brings it.
    OnCall,
    /// The person's rules want no card for calls like this one: the page does not hold it either.
    Never,
}

pub fn of(call: &CallDto, settings: Option<&SettingsDto>, quiet: &QuietDto) -> Manners {
    let disturbs = is_open_to(call, quiet);
    let card = match (settings.map_or(PopDto::Always, |settings| settings.pop), call.direction) {
        (PopDto::Never, _) | (PopDto::Incoming, DirectionDto::Out) => Card::Never,
        _ if disturbs => Card::Pops,
        _ => Card::OnCall,
    };
    let wanted = settings.is_none_or(|settings| {
        settings.notify && (call.direction == DirectionDto::In || settings.pop == PopDto::Always)
    });
    Manners {
        card,
        notice: wanted && disturbs,
    }
}

/// Whether this call may disturb the person now. Those whom they never want to miss always may.
pub fn is_open_to(call: &CallDto, quiet: &QuietDto) -> bool {
    call.vip || !(quiet.paused_until.is_some() || quiet.do_not_disturb)
}

/// Others may read the screen: notifications name nobody.
pub fn is_discreet(quiet: &QuietDto) -> bool {
    quiet.locked || quiet.presenting
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::samples::{call, settings};

    #[test]
    fn nobody_is_disturbed_but_by_those_they_never_want_to_miss() {
        let (ordinary, vip) = (call(|_| {}), call(|call| call["vip"] = json!(true)));
        let paused = QuietDto {
            paused_until: Some(1),
            ..QuietDto::default()
        };
        let undisturbed = QuietDto {
            do_not_disturb: true,
            ..QuietDto::default()
        };
        let open = Manners {
            card: Card::Pops,
            notice: true,
        };
        let kept_back = Manners {
            card: Card::OnCall,
            notice: false,
        };
        for quiet in [paused, undisturbed] {
            assert_eq!(of(&ordinary, None, &quiet), kept_back, "{quiet:?}");
            assert_eq!(of(&vip, None, &quiet), open, "{quiet:?}");
        }
        assert_eq!(of(&ordinary, None, &QuietDto::default()), open);
    }

    #[test]
    fn locked_and_presenting_hide_the_name_and_not_the_call() {
        for (locked, presenting) in [(true, false), (false, true)] {
            let quiet = QuietDto {
                locked,
                presenting,
                ..QuietDto::default()
            };
            assert!(is_discreet(&quiet) && of(&call(|_| {}), None, &quiet).notice);
        }
        let paused = QuietDto {
            paused_until: Some(1),
            do_not_disturb: true,
            ..QuietDto::default()
        };
        assert!(!is_discreet(&paused));
    }

    #[test]
    fn the_rules_of_the_person_hold_first() {
        let outgoing = call(|call| call["direction"] = json!("out"));
        let (incoming, vip) = (call(|_| {}), call(|call| call["vip"] = json!(true)));
        let card = |pop, call| {
            of(
                call,
                Some(&settings(|settings| settings.pop = pop)),
                &QuietDto::default(),
            )
        };
        assert_eq!(card(PopDto::Always, &outgoing).card, Card::Pops);
        assert_eq!(card(PopDto::Incoming, &outgoing).card, Card::Never);
        assert_eq!(card(PopDto::Incoming, &incoming).card, Card::Pops);
        let never = card(PopDto::Never, &vip);
        assert_eq!((never.card, never.notice), (Card::Never, true));
        let muted = settings(|settings| settings.notify = false);
        assert!(!of(&call(|_| {}), Some(&muted), &QuietDto::default()).notice);
    }
}
