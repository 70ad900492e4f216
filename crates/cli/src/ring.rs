//! `ringside ring`: over within 200 ms, whatever happens.

use std::io::Write;

use ringside_app::{Rung, SystemClock};
use ringside_ipc::{
    ApiError,
    call::{DirectionDto, ReportDto, ReportState},
};
use serde_json::json;

use crate::{
    args::{Direction, Line, Ring, State},
    exit::{Exit, written},
    reach,
    show::{Out, plain},
};

fn after_the_dashes(caller: &[std::ffi::OsString]) -> Option<String> {
    let words: Vec<_> = caller.iter().map(|word| word.to_string_lossy()).collect();
    Some(words.join(" ")).filter(|from| !from.is_empty())
}

pub async fn run(line: &Line, ring: &Ring, out: &mut impl Write) -> Result<Exit, ApiError> {
    let folders = reach::folders(&line.profile)?;
    let report = ReportDto {
        from: ring.from.clone().or_else(|| after_the_dashes(&ring.caller)),
        to: ring.to.clone(),
        name: ring.name.clone(),
        direction: ring.direction.map(|direction| match direction {
            Direction::In => DirectionDto::In,
            Direction::Out => DirectionDto::Out,
        }),
        state: Some(match ring.state {
            State::Ringing => ReportState::Ringing,
            State::Answered => ReportState::Answered,
            State::Held => ReportState::Held,
            State::Ended => ReportState::Ended,
        }),
        call_id: ring.call_id.clone(),
    };
    let rung = ringside_app::ring(&folders, report, &SystemClock).await?;
    let (became, call, words) = match rung {
        Rung::Told(call) => ("told", call, None),
        Rung::Started => (
            "started",
            None,
            Some("Ringside was started and shows the call".to_owned()),
        ),
        Rung::Waiting => (
            "waiting",
            None,
            Some("Ringside is busy and takes the call in a moment".to_owned()),
        ),
        Rung::Kept { why, hint } => {
            let error = ApiError::new("unavailable", why).hint(hint);
            return Err(error);
        }
    };
    let mut show = Out {
        json: line.json,
        to: out,
    };
    written(if show.json {
        show.value(&json!({ "became": became, "call": call }))
    } else {
        match words.or(call) {
            Some(words) => writeln!(show.to, "{}", plain(&words)),
            None => Ok(()),
        }
    })?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::Command;

    #[test]
    fn what_a_softphone_adds_at_the_end_is_never_an_option() {
        let words = "ringside ring --state ringing -- +442079460123 --state ended --name Bank".split(' ');
        let Ok(Line {
            command: Command::Ring(ring),
            ..
        }) = Line::try_parse_from(words)
        else {
            unreachable!("the line parses")
        };
        assert!(matches!(ring.state, State::Ringing) && ring.name.is_none());
        let from = after_the_dashes(&ring.caller);
        assert_eq!(from.as_deref(), Some("+442079460123 --state ended --name Bank"));
        assert_eq!(after_the_dashes(&[]), None);
    }
}
