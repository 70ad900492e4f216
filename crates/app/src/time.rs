//! Times as people read them, in the zone in which a call began.

use jiff::{Timestamp, tz::TimeZone};
use ringside_domain::Clock as _;
use ringside_host::SystemClock;

/// The time now, in Unix milliseconds, and the zone of this computer.
#[must_use]
pub fn now() -> (i64, String) {
    let clock = SystemClock;
    (clock.now().wall.0, clock.zone())
}

/// When "until tomorrow" ends: six in the morning of the next day, before anybody takes calls, in Unix milliseconds. `None`
/// where the zone is not known here.
#[must_use]
pub fn tomorrow(unix_ms: i64, zone: &str) -> Option<i64> {
    let now = Timestamp::from_millisecond(unix_ms)
        .ok()?
        .to_zoned(TimeZone::get(zone).ok()?);
    let morning = now
        .tomorrow()
        .ok()?
        .with()
        .hour(6)
        .minute(0)
        .second(0)
        .subsec_nanosecond(0)
        .build()
        .ok()?;
    Some(morning.timestamp().as_millisecond())
}

/// `2026-11-22 14:05`, or the bare UTC time with its name where the zone is not known here.
#[must_use]
pub fn local(unix_ms: i64, zone: &str) -> String {
    let Ok(at) = Timestamp::from_millisecond(unix_ms) else {
        return "unknown".to_owned();
    };
    match TimeZone::get(zone) {
        Ok(zone) => at.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_shown_in_its_own_zone() {
        assert_eq!(local(1_700_000_000_000, "Europe/Berlin"), "2023-11-14 23:13");
        assert_eq!(local(1_700_000_000_000, "Mars/Olympus"), "2023-11-14 22:13 UTC");
        assert_eq!(local(i64::MAX, "UTC"), "unknown");
    }

    #[test]
    fn tomorrow_is_the_next_morning_also_where_the_clocks_change() {
        let until = |at: i64, zone: &str| tomorrow(at, zone).map(|until| local(until, zone));
        assert_eq!(
            until(1_700_000_000_000, "Europe/Berlin").as_deref(),
            Some("2023-11-15 06:00")
        );
        // The night of the 29th of March 2026 has no hour between two and three.
        assert_eq!(
            until(1_774_710_000_000, "Europe/Berlin").as_deref(),
            Some("2026-03-29 06:00")
        );
        assert_eq!(until(0, "Mars/Olympus"), None);
        assert_eq!(tomorrow(i64::MAX, "UTC"), None);
    }
}
