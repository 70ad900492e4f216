//! How a call ended, by RingCentral's reasons.
//!
//! The reasons are those of `CallStatusInfo` in the API reference; what they mean is from "Telephony Session Notifications" and
//! "Understanding Call Log States". Where the guides leave a reason unexplained, the call ended as its state says: talked, or
//! missed.

use ringside_domain::{Direction, EndReason};

/// The owner moved the call to another of their own phones: it goes on in the same session.
#[must_use]
pub fn is_move(reason: &str) -> bool {
    matches!(reason, "CallFlip" | "CallSwitch")
}

/// The end of a call. `machine`: it went to voicemail or to a fax; `missed`: RingCentral says so.
#[must_use]
pub fn reason(
    said: Option<&str>,
    answered: bool,
    machine: bool,
    missed: bool,
    direction: Option<Direction>,
) -> EndReason {
    let said = said.unwrap_or_default();
    let transferred = matches!(
        said,
        "BlindTransfer" | "RccTransfer" | "AttendedTransfer" | "DtmfTransfer" | "CallPark" | "ParkLocation"
    );
    let taken = matches!(said, "Pickup" | "TakeOver");
    if answered {
        return match said {
            _ if transferred || taken || machine || is_move(said) => EndReason::Transferred,
            "InternalError" => EndReason::Failed,
            _ => EndReason::Completed,
        };
    }
    match said {
        "TargetBusy" => EndReason::Busy,
        "InternalError"
        | "InvalidNumber"
        | "InternationalDisabled"
        | "DestinationBlocked"
        | "NotEnoughFunds"
        | "NoSuchUser" => EndReason::Failed,
        _ if direction == Some(Direction::Out) => match said {
            "Rejected" => EndReason::Declined,
            _ if transferred || taken || is_move(said) => EndReason::Transferred,
            _ => EndReason::Missed,
        },
        _ if machine => EndReason::Forwarded,
        "Rejected" | "CallReplied" => EndReason::Declined,
        "AgentAnswered" => EndReason::AnsweredElsewhere,
        _ if taken => EndReason::AnsweredElsewhere,
        // RingCentral's own word comes before what a transfer of a ringing call would mean.
        _ if missed => EndReason::Missed,
        "CallRedirected" | "CallerInputRedirect" | "Voicemail" => EndReason::Forwarded,
        _ if transferred || is_move(said) => EndReason::Forwarded,
        _ => EndReason::Missed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_reason_has_its_end() {
        use EndReason::{AnsweredElsewhere, Busy, Completed, Declined, Failed, Forwarded, Missed, Transferred};
        // Reason; rang here; talked; called and not answered.
        for (said, rang, talked, called) in [
            (None, Missed, Completed, Missed),
            (Some("Pickup"), AnsweredElsewhere, Transferred, Transferred),
            (Some("Supervising"), Missed, Completed, Missed),
            (Some("TakeOver"), AnsweredElsewhere, Transferred, Transferred),
            (Some("Timeout"), Missed, Completed, Missed),
            (Some("BlindTransfer"), Forwarded, Transferred, Transferred),
            (Some("RccTransfer"), Forwarded, Transferred, Transferred),
            (Some("AttendedTransfer"), Forwarded, Transferred, Transferred),
            (Some("CallerInputRedirect"), Forwarded, Completed, Missed),
            (Some("CallFlip"), Forwarded, Transferred, Transferred),
            (Some("ParkLocation"), Forwarded, Transferred, Transferred),
            (Some("DtmfTransfer"), Forwarded, Transferred, Transferred),
            (Some("AgentAnswered"), AnsweredElsewhere, Completed, Missed),
            (Some("AgentDropped"), Missed, Completed, Missed),
            (Some("Rejected"), Declined, Completed, Declined),
            (Some("Cancelled"), Missed, Completed, Missed),
            (Some("InternalError"), Failed, Failed, Failed),
            (Some("NoAnswer"), Missed, Completed, Missed),
            (Some("TargetBusy"), Busy, Completed, Busy),
            (Some("InvalidNumber"), Failed, Completed, Failed),
            (Some("InternationalDisabled"), Failed, Completed, Failed),
            (Some("DestinationBlocked"), Failed, Completed, Failed),
            (Some("NotEnoughFunds"), Failed, Completed, Failed),
            (Some("NoSuchUser"), Failed, Completed, Failed),
            (Some("CallPark"), Forwarded, Transferred, Transferred),
            (Some("CallRedirected"), Forwarded, Completed, Missed),
            (Some("CallReplied"), Declined, Completed, Missed),
            (Some("CallSwitch"), Forwarded, Transferred, Transferred),
            (Some("CallFinished"), Missed, Completed, Missed),
            (Some("CallDropped"), Missed, Completed, Missed),
            (Some("Voicemail"), Forwarded, Completed, Missed),
            (Some("of a later version"), Missed, Completed, Missed),
        ] {
            assert_eq!(reason(said, false, false, false, Some(Direction::In)), rang, "{said:?}");
            assert_eq!(
                reason(said, true, false, false, Some(Direction::In)),
                talked,
                "{said:?}"
            );
            assert_eq!(
                reason(said, false, false, false, Some(Direction::Out)),
                called,
                "{said:?}"
            );
        }
        assert_eq!(reason(None, false, true, true, Some(Direction::In)), Forwarded);
        assert_eq!(
            reason(Some("BlindTransfer"), false, false, true, Some(Direction::In)),
            Missed
        );
    }
}
