//! Commands that keep the running app quiet. People bind them to keys where the desktop lets no program have its own.

use std::io::Write;

use ringside_app::{local_time, time_now, tomorrow};
use ringside_ipc::{
    ApiError,
    command::{Nothing, OpenSearchArgs, PauseArgs, PresentArgs},
    status::{QuietDto, StatusDto},
};

use crate::{
    args::Switch,
    exit::{Exit, USAGE, written},
    reach::Reach,
    show::Out,
};

/// A pause without a length.
const HALF_AN_HOUR: i64 = 30;
const MINUTE: i64 = 60_000;

/// `MINUTES`, `tomorrow`, `off`, or nothing for half an hour.
pub async fn pause(reach: &Reach, how_long: Option<&str>, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let (now, zone) = time_now();
    let until = end(how_long, now, &zone)?;
    let status: StatusDto = reach.ask("pause", PauseArgs { until }).await?;
    told(&status, out)
}

pub async fn present(reach: &Reach, switch: Switch, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let on = matches!(switch, Switch::On);
    let status: StatusDto = reach.ask("present", PresentArgs { on }).await?;
    told(&status, out)
}

/// Opens the search window of the running app.
pub async fn open_search(reach: &Reach, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let args = OpenSearchArgs {
        text: String::new(),
        link: None,
    };
    let done: Nothing = reach.ask("open_search", args).await?;
    written(out.answer(&done, |_, _| Ok(())))?;
    Ok(Exit::Done)
}

fn told(status: &StatusDto, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    written(out.answer(&status.quiet, |quiet, out| writeln!(out, "{}", words(quiet))))?;
    Ok(Exit::Done)
}

/// How quiet it is, in words.
pub fn words(quiet: &QuietDto) -> String {
    let (_, zone) = time_now();
    let mut words = Vec::new();
    words.extend(
        quiet
            .paused_until
            .map(|until| format!("paused until {}", local_time(until, &zone))),
    );
    for (is_so, word) in [
        (quiet.presenting, "presenting"),
        (quiet.do_not_disturb, "do not disturb"),
        (quiet.locked, "locked"),
    ] {
        words.extend(is_so.then(|| word.to_owned()));
    }
    if words.is_empty() {
        "calls pop up".to_owned()
    } else {
        words.join(", ")
    }
}

/// When the pause ends, in Unix milliseconds; `None` ends it now.
fn end(how_long: Option<&str>, now: i64, zone: &str) -> Result<Option<i64>, ApiError> {
    let minutes = match how_long {
        None => HALF_AN_HOUR,
        Some("off") => return Ok(None),
        Some("tomorrow") => {
            let until = tomorrow(now, zone).ok_or_else(|| {
                ApiError::new(USAGE, "the time zone of this computer is not known").hint("Say how many minutes")
            })?;
            return Ok(Some(until));
        }
        Some(minutes) => minutes
            .parse::<u32>()
            .ok()
            .filter(|minutes| *minutes > 0)
            .map(i64::from)
            .ok_or_else(|| ApiError::new(USAGE, "a pause is a number of minutes, `tomorrow` or `off`"))?,
    };
    Ok(Some(now.saturating_add(minutes.saturating_mul(MINUTE))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_minutes_until_tomorrow_or_off() {
        let at = 1_700_000_000_000;
        let end = |how_long| end(how_long, at, "UTC");
        assert_eq!(end(None).unwrap(), Some(at + 1_800_000));
        assert_eq!(end(Some("5")).unwrap(), Some(at + 300_000));
        assert_eq!(end(Some("off")).unwrap(), None);
        assert_eq!(end(Some("tomorrow")).unwrap(), Some(1_700_028_000_000));
        for wrong in ["0", "-5", "soon", "", "1.5", "99999999999999999999"] {
            assert_eq!(end(Some(wrong)).unwrap_err().code, USAGE, "{wrong}");
        }
    }

    #[test]
    fn it_is_said_in_words() {
        assert_eq!(words(&QuietDto::default()), "calls pop up");
        let quiet = QuietDto {
            presenting: true,
            locked: true,
            ..QuietDto::default()
        };
        assert_eq!(words(&quiet), "presenting, locked");
    }
}
