//! Durations as people write them (`7d`, `1h 30m`) and as people read them (`7 days`, `1 h 30 min`).
//!
//! Pure; used by `heirloom.toml`, by the attribute's arguments and by everything that is shown to people.
//! Promises: whatever [`shown_duration`] shows in whole units, [`parse_duration`] reads back.
//! Refuses: fractions (`1.5h` is `1h 30m`), months and years, which have no fixed length.

use std::time::Duration;

use crate::{Error, Result};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The units as written, each with its length in milliseconds.
const UNITS: [(&str, u64); 9] = [
    ("w", 7 * DAY),
    ("days", DAY),
    ("day", DAY),
    ("d", DAY),
    ("h", HOUR),
    ("min", MINUTE),
    ("m", MINUTE),
    ("s", SECOND),
    ("ms", 1),
];

/// Reads a duration: whole numbers, each with a unit of `w`, `d`, `h`, `m` (or `min`), `s` or `ms`.
///
/// Zero is a duration; whoever has no use for it says so.
///
/// ```
/// use heirloom_core::settings::parse_duration;
/// use std::time::Duration;
/// assert_eq!(parse_duration("1h 30m")?, Duration::from_secs(5_400));
/// assert_eq!(parse_duration("250ms")?, Duration::from_millis(250));
/// assert!(parse_duration("soon").is_err());
/// # Ok::<(), heirloom_core::Error>(())
/// ```
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid) when the text is anything else, or longer than 584 million years.
pub fn parse_duration(text: &str) -> Result<Duration> {
    milliseconds(text).map(Duration::from_millis).ok_or_else(|| {
        Error::invalid(format!(
            "`{text}` is not a duration; write for example \"7d\", \"12h\", \"90m\", \"30s\", \"250ms\" or \"1h 30m\""
        ))
    })
}

fn milliseconds(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (number, after) = split_at(rest, |letter| !letter.is_ascii_digit());
        let (unit, after) = split_at(after.trim_start(), |letter| !letter.is_ascii_alphabetic());
        let (_, length) = UNITS.iter().find(|(name, _)| *name == unit)?;
        total = number.parse::<u64>().ok()?.checked_mul(*length)?.checked_add(total)?;
        rest = after.trim_start();
    }
    Some(total)
}

fn split_at(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

/// Shows a duration to people: at most two units, rounded down.
///
/// ```
/// use heirloom_core::settings::shown_duration;
/// use std::time::Duration;
/// assert_eq!(shown_duration(Duration::from_millis(12)), "12 ms");
/// assert_eq!(shown_duration(Duration::from_millis(3_217)), "3.2 s");
/// assert_eq!(shown_duration(Duration::from_secs(5_400)), "1 h 30 min");
/// assert_eq!(shown_duration(Duration::from_secs(7 * 86_400)), "7 days");
/// ```
#[must_use]
pub fn shown_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let two = |large: u64, large_unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{large} {large_unit}"),
        _ => format!("{large} {large_unit} {small} {small_unit}"),
    };
    match seconds {
        0 => shown_below_a_second(duration),
        1..60 => match duration.subsec_millis() / 100 {
            0 => format!("{seconds} s"),
            tenths => format!("{seconds}.{tenths} s"),
        },
        60..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => {
            let unit = if seconds < 2 * 86_400 { "day" } else { "days" };
            two(seconds / 86_400, unit, seconds % 86_400 / 3_600, "h")
        }
    }
}

fn shown_below_a_second(duration: Duration) -> String {
    match duration.subsec_nanos() {
        0 => "0 s".to_owned(),
        nanos @ 1..1_000 => format!("{nanos} ns"),
        nanos @ 1_000..1_000_000 => format!("{} µs", nanos / 1_000),
        nanos => format!("{} ms", nanos / 1_000_000),
    }
}

/// Writes a duration so that [`parse_duration`] reads the very same back; parts of a millisecond are rounded up.
pub(super) fn written_duration(duration: Duration) -> String {
    let mut rest = duration.as_nanos().div_ceil(1_000_000);
    let mut parts = Vec::new();
    for (unit, length) in [("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND), ("ms", 1)] {
        let length = u128::from(length);
        if rest >= length {
            parts.push(format!("{}{unit}", rest / length));
            rest %= length;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected_millis: u64) {
        assert_eq!(
            parse_duration(text).expect("it is good").as_millis(),
            u128::from(expected_millis),
            "{text}"
        );
    }

    #[test]
    fn every_unit_is_read() {
        check("250ms", 250);
        check("30s", 30_000);
        check("90m", 5_400_000);
        check("90 min", 5_400_000);
        check("12h", 43_200_000);
        check("7d", 604_800_000);
        check("1 day 6 h", 108_000_000);
        check("7 days", 604_800_000);
        check("2w", 1_209_600_000);
        check(" 1h 30m ", 5_400_000);
        check("1h30m", 5_400_000);
        check("0s", 0);
    }

    #[test]
    fn everything_else_is_refused() {
        let forever = format!("{}w", u64::MAX);
        for text in ["", " ", "7", "d", "-7d", "1.5h", "7 years", "7d later", "7D", "1h,30m", "١s", &forever]
        {
            let sentence = parse_duration(text).expect_err("it is bad").to_string();
            let expected = format!(
                "`{text}` is not a duration; write for example \"7d\", \"12h\", \"90m\", \"30s\", \"250ms\" or \"1h 30m\""
            );
            assert_eq!(sentence, expected);
        }
    }

    #[test]
    fn durations_are_shown_in_at_most_two_units() {
        let shown = |nanos: u64| shown_duration(Duration::from_nanos(nanos));
        assert_eq!(shown(0), "0 s");
        assert_eq!(shown(80), "80 ns");
        assert_eq!(shown(340_900), "340 µs");
        assert_eq!(shown(12_999_999), "12 ms");
        assert_eq!(shown(3_217_000_000), "3.2 s");
        assert_eq!(shown(5_000_000_000), "5 s");
        assert_eq!(shown(59_999_999_999), "59.9 s");
        assert_eq!(shown(125_000_000_000), "2 min 5 s");
        assert_eq!(shown(5_430_000_000_000), "1 h 30 min");
        assert_eq!(shown(108_000_000_000_000), "1 day 6 h");
        assert_eq!(shown(604_800_000_000_000), "7 days");
    }

    #[test]
    fn what_is_written_is_read_back() {
        for millis in [0, 1, 999, 1_001, 59_999, 3_600_000, 90_061_001, u64::MAX] {
            check(&written_duration(Duration::from_millis(millis)), millis);
        }
        assert_eq!(written_duration(Duration::from_micros(1)), "1ms");
    }
}
