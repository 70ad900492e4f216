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
}
