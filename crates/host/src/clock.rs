//! The clocks and the chance of this machine: the only place in the program where real time comes from.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ringside_domain::{Clock, Now, Random, Steady, Timestamp};

/// The system's wall clock, and its clock that goes on while the machine sleeps.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Now {
        let wall = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => millis(after),
            // A machine whose clock stands before 1970 has an empty battery; calls still count from there.
            Err(before) => millis(before.duration()).saturating_neg(),
        };
        Now {
            wall: Timestamp(wall),
            steady: Steady(steady()),
        }
    }

    fn zone(&self) -> String {
        let from_variable = std::env::var("TZ").ok().and_then(|value| zone_name(&value));
        from_variable
            .or_else(|| iana_time_zone::get_timezone().ok().and_then(|name| zone_name(&name)))
            .unwrap_or_else(|| "UTC".to_owned())
    }
}

/// The operating system's source of randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    /// Ends the program when the system has no randomness to give: a guessable token would be worse.
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            tracing::error!(%error, "the operating system gives no random bytes");
            std::process::abort();
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(unix)]
fn steady() -> Duration {
    use rustix::time::{ClockId, clock_gettime};

    // On Linux `CLOCK_MONOTONIC` stands still while the machine sleeps; elsewhere it goes on, or there is nothing better.
    #[cfg(target_os = "linux")]
    let clock = ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let clock = ClockId::Monotonic;

    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanos)
}

/// Windows' performance counter goes on in sleep; its zero is the first reading.
#[cfg(not(unix))]
fn steady() -> Duration {
    use std::{sync::LazyLock, time::Instant};

    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

/// The text as an IANA name, or nothing when it is a rule such as `CET-1CEST` or a path.
fn zone_name(text: &str) -> Option<String> {
    let name = text.strip_prefix(':').unwrap_or(text);
    let letters = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/_-+".contains(&byte));
    let shaped = name == "UTC" || (name.contains('/') && !name.starts_with('/') && !name.contains("//"));
    (letters && shaped && name.len() <= 64).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn both_clocks_go_forward() {
        let before = SystemClock.now();
        std::thread::sleep(Duration::from_millis(20));
        let after = SystemClock.now();
        let passed = after.steady.since(before.steady);
        assert!(
            passed >= Duration::from_millis(20) && passed < Duration::from_secs(20),
            "{passed:?}"
        );
        assert!(
            after.wall.0 > 1_700_000_000_000,
            "the wall clock counts milliseconds since 1970"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_steady_clock_counts_from_the_boot_and_with_sleep() {
        let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
        let seconds: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
        let ours = SystemClock.now().steady.0.as_secs_f64();
        assert!(
            (ours - seconds).abs() < 5.0,
            "CLOCK_BOOTTIME {ours} s, the kernel says {seconds} s"
        );
    }

    #[test]
    fn the_zone_is_a_name_and_never_a_rule() {
        assert_eq!(zone_name(":Europe/Berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(
            zone_name("America/Argentina/Buenos_Aires").as_deref(),
            Some("America/Argentina/Buenos_Aires")
        );
        assert_eq!(zone_name("Etc/GMT+5").as_deref(), Some("Etc/GMT+5"));
        assert_eq!(zone_name("UTC").as_deref(), Some("UTC"));
        for rule in [
            "",
            "CET-1CEST,M3.5.0,M10.5.0/3",
            "/etc/localtime",
            "../../x\n",
            "Europe//Berlin",
            "EST",
        ] {
            assert_eq!(zone_name(rule), None, "{rule:?}");
        }
        assert!(zone_name(&SystemClock.zone()).is_some());
    }

    #[test]
    fn chance_differs() {
        let (mut one, mut two) = ([0_u8; 32], [0_u8; 32]);
        OsRandom.fill(&mut one);
        OsRandom.fill(&mut two);
        assert_ne!(one, two);
        assert_ne!(one, [0; 32]);
    }
}
