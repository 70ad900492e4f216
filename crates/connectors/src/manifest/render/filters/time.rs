//! Filters of times (milliseconds since 1970) and of durations (seconds).

use jiff::{Timestamp, Zoned, fmt::strtime, tz::TimeZone};
use minijinja::{Environment, Error as Fault, Value};

use super::{fault, number_of};

/// Longer formats than any date has are no dates.
const MOST_FORMAT: usize = 200;

pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.add_filter("epoch_ms", |value: &Value| {
        on_time(value, |time| Ok(Value::from(time.as_millisecond())))
    });
    environment.add_filter("epoch_s", |value: &Value| {
        on_time(value, |time| Ok(Value::from(time.as_second())))
    });
    environment.add_filter("iso", iso);
    environment.add_filter("date", date);
    environment.add_filter("minutes", minutes);
    environment.add_filter("hours", |value: &Value| {
        on_seconds(value, |seconds| Value::from(seconds / 3600))
    });
    environment.add_filter("hms", |value: &Value| {
        on_seconds(value, |all| {
            Value::from(format!("{:02}:{:02}:{:02}", all / 3600, all / 60 % 60, all % 60))
        })
    });
    environment.add_filter("mmss", |value: &Value| {
        on_seconds(value, |all| Value::from(format!("{:02}:{:02}", all / 60, all % 60)))
    });
}

/// `2026-03-29T00:59:30Z`; in a zone with its offset: `2026-03-29T02:59:30+02:00`.
fn iso(value: &Value, zone: Option<String>) -> Result<Value, Fault> {
    on_time(value, |time| match &zone {
        None => written(&time.to_zoned(TimeZone::UTC), "%Y-%m-%dT%H:%M:%SZ"),
        Some(name) => written(&in_zone(time, name)?, "%Y-%m-%dT%H:%M:%S%:z"),
    })
}

/// As `strftime` writes it, in a zone; UTC without one.
fn date(value: &Value, format: &str, zone: Option<String>) -> Result<Value, Fault> {
    if format.len() > MOST_FORMAT {
        return Err(fault(format!("a date's format has at most {MOST_FORMAT} signs")));
    }
    on_time(value, |time| {
        let zoned = match &zone {
            None => time.to_zoned(TimeZone::UTC),
            Some(name) => in_zone(time, name)?,
        };
        written(&zoned, format)
    })
}

fn written(zoned: &Zoned, format: &str) -> Result<Value, Fault> {
    strtime::format(format, zoned)
        .map(Value::from)
        .map_err(|error| fault(format!("the format {format:?} is no strftime format: {error}")))
}

fn in_zone(time: Timestamp, name: &str) -> Result<Zoned, Fault> {
    let zone = TimeZone::get(name).map_err(|_| fault(format!("there is no time zone {name:?}")))?;
    Ok(time.to_zoned(zone))
}

fn on_time(value: &Value, make: impl FnOnce(Timestamp) -> Result<Value, Fault>) -> Result<Value, Fault> {
    let Some(number) = number_of(value)? else {
        return Ok(Value::from(()));
    };
    #[allow(clippy::cast_possible_truncation)] // Saturates, and is out of jiff's range then.
    let time = Timestamp::from_millisecond(number as i64).map_err(|_| fault("it is no time".to_owned()))?;
    make(time)
}

/// Minutes of seconds: `'ceil'`, `'floor'`, `'round'`, or `'float'` with what is left behind the point.
fn minutes(value: &Value, mode: Option<String>) -> Result<Value, Fault> {
    let Some(seconds) = number_of(value)? else {
        return Ok(Value::from(()));
    };
    let minutes = seconds / 60.0;
    let whole = match mode.as_deref().unwrap_or("round") {
        "float" => return Ok(Value::from(minutes)),
        "ceil" => minutes.ceil(),
        "floor" => minutes.floor(),
        "round" => minutes.round(),
        other => {
            return Err(fault(format!(
                "minutes() knows 'ceil', 'floor', 'round' and 'float', not {other:?}"
            )));
        }
    };
    #[allow(clippy::cast_possible_truncation)] // Saturates; calls are shorter.
    Ok(Value::from(whole as i64))
}

fn on_seconds(value: &Value, make: impl FnOnce(i64) -> Value) -> Result<Value, Fault> {
    match number_of(value)? {
        None => Ok(Value::from(())),
        Some(seconds) if seconds < 0.0 => Err(fault("a duration is not negative".to_owned())),
        #[allow(clippy::cast_possible_truncation)] // Saturates; calls are shorter.
        Some(seconds) => Ok(make(seconds.trunc() as i64)),
    }
}
