//! How long a server asks to be left alone.

use std::time::Duration;

use jiff::fmt::rfc2822;
use ringside_domain::{HttpAnswer, Timestamp};

/// Nobody waits longer because a server says so.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// A number from here on is a point in time, in seconds since 1970 (that of 2001); below it is a length.
const A_DATE: f64 = 1e9;
/// And from here on in milliseconds.
const A_DATE_IN_MILLIS: f64 = 1e12;

/// The longest that `Retry-After` and these headers say. `now`: our own clock, for dates of a server that does not say its own.
pub(crate) fn of<'h>(
    answer: &HttpAnswer,
    headers: impl IntoIterator<Item = &'h String>,
    now: Option<Timestamp>,
) -> Option<Duration> {
    let now = its_clock(answer).or(now);
    let headers = std::iter::once("retry-after").chain(headers.into_iter().map(String::as_str));
    let told = headers.filter_map(|name| read(answer.header(name)?, now));
    told.max().map(|wait| wait.min(LONGEST))
}

/// What a text of its body says.
pub(crate) fn in_words(answer: &HttpAnswer, text: &str, now: Timestamp) -> Option<Duration> {
    let now = its_clock(answer).unwrap_or(now);
    read(text, Some(now)).map(|wait| wait.min(LONGEST))
}

/// Its clock and ours may differ: dates of one answer are compared with each other.
fn its_clock(answer: &HttpAnswer) -> Option<Timestamp> {
    answer.header("date").and_then(date)
}

/// Seconds, a date of HTTP, a unix time, or the `reset=` of a `RateLimit` header.
fn read(text: &str, now: Option<Timestamp>) -> Option<Duration> {
    let text = text.trim();
    if let Some((_, reset)) = text.split_once("reset=") {
        let digits: String = reset.chars().take_while(|sign| sign.is_ascii_digit()).collect();
        return read(&digits, now);
    }
    if let Ok(number) = text.parse::<f64>() {
        if !number.is_finite() || number < 0.0 {
            return None;
        }
        let seconds = match number {
            number if number >= A_DATE_IN_MILLIS => number / 1000.0 - seconds(now?),
            number if number >= A_DATE => number - seconds(now?),
            number => number,
        };
        return Some(Duration::from_secs_f64(seconds.clamp(0.0, LONGEST.as_secs_f64())));
    }
    Some(date(text)?.since(now?))
}

fn date(text: &str) -> Option<Timestamp> {
    let date = rfc2822::parse(text.trim()).ok()?;
    Some(Timestamp(date.timestamp().as_millisecond()))
}

// Milliseconds since 1970 fit a double's 53 bits for the next 200,000 years.
#[allow(clippy::cast_precision_loss)]
fn seconds(time: Timestamp) -> f64 {
    time.0 as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_dates_and_resets_are_read() {
        // Sun, 06 Nov 1994 08:49:37 GMT
        let now = Some(Timestamp(784_111_777_000));
        let seconds = |text: &str| read(text, now).map(|wait| wait.as_secs_f64());
        assert_eq!(seconds("7"), Some(7.0));
        assert_eq!(seconds("0.25"), Some(0.25));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:50:07 GMT"), Some(30.0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:07 GMT"), Some(0.0), "in the past");
        assert_eq!(seconds("limit=10, remaining=0, reset=4"), Some(4.0));
        let now = Some(Timestamp(1_800_000_000_000));
        assert_eq!(read("1800000060", now), Some(Duration::from_secs(60)));
        assert_eq!(read("1800000060000", now), Some(Duration::from_secs(60)));
        for bad in ["", "soon", "-1", "NaN", "inf"] {
            assert_eq!(read(bad, now), None, "{bad}");
        }
        // Who knows no time reads lengths.
        assert_eq!(read("7", None), Some(Duration::from_secs(7)));
        for date in ["1800000060", "1800000060000", "Sun, 06 Nov 1994 08:50:07 GMT"] {
            assert_eq!(read(date, None), None, "{date}");
        }
    }
}
