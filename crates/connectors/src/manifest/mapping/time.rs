//! When a record was made or changed, in the spellings of CRMs.

use jiff::{Timestamp as Moment, civil::DateTime, tz::TimeZone};
use ringside_domain::Timestamp;
use serde_json::Value;

/// Milliseconds of 1973-03-03: a smaller number is one of seconds, which reach there only in the year 5138.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// RFC 3339 (also with an offset without colon), a date with a time (UTC) or without one, a unix time in seconds or
/// milliseconds. `None` for anything else.
pub(crate) fn timestamp(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(number) => {
            #[allow(clippy::cast_possible_truncation)] // Saturates, and is refused then.
            let number = number.as_i64().or_else(|| number.as_f64().map(|float| float as i64))?;
            unix(number)
        }
        Value::String(text) => {
            let text = text.trim();
            if let Ok(number) = text.parse::<i64>() {
                return unix(number);
            }
            let moment = text.parse::<Moment>().ok().or_else(|| {
                let local = text.parse::<DateTime>().ok()?;
                Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp())
            })?;
            Some(Timestamp(moment.as_millisecond()))
        }
        _ => None,
    }
}

fn unix(number: i64) -> Option<Timestamp> {
    if number <= 0 {
        return None;
    }
    let milliseconds = if number < MILLISECONDS_FROM {
        number * 1000
    } else {
        number
    };
    Moment::from_millisecond(milliseconds)
        .ok()
        .map(|_| Timestamp(milliseconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_spellings_of_crms() {
        let wanted = Some(Timestamp(1_774_746_000_000));
        for written in [
            json!("2026-03-29T01:00:00Z"),
            json!("2026-03-29T03:00:00+02:00"),
            json!("2026-03-29T03:00:00.000+0200"),
            json!("2026-03-29 01:00:00"),
            json!("1774746000"),
            json!(1_774_746_000),
            json!(1_774_746_000_000_i64),
            json!(1_774_746_000.0),
        ] {
            assert_eq!(timestamp(&written), wanted, "{written}");
        }
        assert_eq!(timestamp(&json!("2026-03-29")), Some(Timestamp(1_774_742_400_000)));
    }

    #[test]
    fn anything_else_is_no_time() {
        for other in [
            json!("yesterday"),
            json!(""),
            json!(null),
            json!([1]),
            json!(0),
            json!(-5),
            json!(i64::MAX),
            json!(1e300),
        ] {
            assert_eq!(timestamp(&other), None, "{other}");
        }
    }
}
