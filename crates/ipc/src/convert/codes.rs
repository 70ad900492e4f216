//! Stable codes, one table each.

use ringside_domain::{
    CallState, Direction, EndReason, Outcome,
    call::ChosenBy,
    journal::LogState,
    phone::{Grade, Line},
};
use ringside_engine::{LogRule, NeverLog, Several, view};

use crate::{
    call::{CallStateDto, ChosenByDto, DirectionDto, LogStateDto, NeverLogDto, OutcomeDto, ReportState, UndoDto},
    command::Decision,
    contact::{DuplicateReason, GradeDto},
    settings::{LogRuleDto, SeveralDto},
};

macro_rules! same {
    ($domain:ty, $dto:ty { $($variant:ident),+ }) => {
        impl From<$domain> for $dto {
            fn from(value: $domain) -> Self {
                match value { $(<$domain>::$variant => Self::$variant),+ }
            }
        }

        impl From<$dto> for $domain {
            fn from(value: $dto) -> Self {
                match value { $(<$dto>::$variant => Self::$variant),+ }
            }
        }
    };
}

same!(Direction, DirectionDto { In, Out });
same!(
    ChosenBy,
    ChosenByDto {
        Person,
        OnlyExactMatch,
        Remembered,
        First,
        LastSpoken,
        EarliestCreated
    }
);
same!(
    Outcome,
    OutcomeDto {
        Connected,
        LeftMessage,
        NoAnswer,
        Busy,
        WrongNumber,
        CallBack
    }
);
same!(
    Grade,
    GradeDto {
        ExactWithExtension,
        Exact,
        Alias,
        Alternate,
        National,
        Trunk,
        Tail
    }
);
same!(
    view::DuplicateReason,
    DuplicateReason {
        SameNumber,
        SameEmail,
        LikeName
    }
);
same!(
    view::Decision,
    Decision {
        ItIsThere,
        SendAgain,
        Drop
    }
);
same!(LogRule, LogRuleDto { Ask, Always, Never });
same!(
    Several,
    SeveralDto {
        Ask,
        First,
        LastSpoken,
        EarliestCreated
    }
);

impl From<NeverLog> for NeverLogDto {
    fn from(value: NeverLog) -> Self {
        match value {
            NeverLog::OwnNumber => Self::OwnNumber,
            NeverLog::Listed => Self::Listed,
        }
    }
}

same!(
    LogState,
    LogStateDto {
        NotLogged,
        SetAside,
        Waiting,
        Logged,
        Refused,
        Unsure
    }
);

impl From<&view::UndoView> for UndoDto {
    fn from(undo: &view::UndoView) -> Self {
        match undo {
            view::UndoView::Choice { before } => Self::Choice { before: before.clone() },
            view::UndoView::SetAside => Self::SetAside,
        }
    }
}

impl From<CallState> for CallStateDto {
    fn from(state: CallState) -> Self {
        match state {
            CallState::Ringing => Self::Ringing,
            CallState::Answered => Self::Answered,
            CallState::Held => Self::Held,
            CallState::Ended(EndReason::Completed) => Self::Completed,
            CallState::Ended(EndReason::Missed) => Self::Missed,
            CallState::Ended(EndReason::Declined) => Self::Declined,
            CallState::Ended(EndReason::AnsweredElsewhere) => Self::AnsweredElsewhere,
            CallState::Ended(EndReason::Forwarded) => Self::Forwarded,
            CallState::Ended(EndReason::Transferred) => Self::Transferred,
            CallState::Ended(EndReason::Busy) => Self::Busy,
            CallState::Ended(EndReason::Failed) => Self::Failed,
            CallState::Ended(EndReason::Unknown) => Self::Unknown,
        }
    }
}

impl ReportState {
    /// As on the command line and on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Answered => "answered",
            Self::Held => "held",
            Self::Ended => "ended",
        }
    }
}

pub(super) const fn line_code(line: Line) -> &'static str {
    match line {
        Line::Mobile => "mobile",
        Line::FixedLine => "fixed_line",
        Line::FixedOrMobile => "fixed_or_mobile",
        Line::TollFree => "toll_free",
        Line::Premium => "premium",
        Line::Voip => "voip",
        Line::Other => "other",
    }
}
