//! Sizes in bytes as people write them (`4 GiB`, `512MB`, `1000`) and as people read them (`4.0 GiB`).
//!
//! Pure; used by `heirloom.toml` and by everything that is shown to people. Promises: `KiB` is 1024 bytes and `KB`
//! is 1000, everywhere; a fraction is computed exactly and rounded down to a whole byte.
//! Refuses: bare letters such as `4G`, which mean either, and anything past 2^64 - 1 bytes.

use crate::{Error, Result};

const UNITS: [(&str, u64); 11] = [
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("pb", 1_000_000_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("pib", 1 << 50),
];

/// Reads a size in bytes: a number, whole or with a fraction, and a unit such as `GiB` or `MB` in any case.
///
/// A number alone is bytes.
///
/// ```
/// use heirloom_core::settings::parse_size;
/// assert_eq!(parse_size("1.5 GiB")?, 1_610_612_736);
/// assert_eq!(parse_size("512MB")?, 512_000_000);
/// assert_eq!(parse_size("1000")?, 1_000);
/// assert!(parse_size("4G").is_err());
/// # Ok::<(), heirloom_core::Error>(())
/// ```
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid) when the text is anything else, or does not fit in 64 bits.
pub fn parse_size(text: &str) -> Result<u64> {
    bytes(text.trim()).ok_or_else(|| {
        Error::invalid(format!(
            "`{text}` is not a size; write for example \"4 GiB\", \"512MB\" or, in bytes, \"1000\""
        ))
    })
}

fn bytes(text: &str) -> Option<u64> {
    let ends = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(ends);
    let unit = unit.trim_start().to_ascii_lowercase();
    let factor = match unit.as_str() {
        "" => 1,
        unit => UNITS.iter().find(|(name, _)| *name == unit)?.1,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    // 15 digits times a pebibyte stays below 2^128 and is finer than a byte.
    if fraction.is_empty() || fraction.len() > 15 {
        return None;
    }
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let part = u128::from(fraction.parse::<u64>().ok()?) * u128::from(factor) / scale;
    whole.parse::<u64>().ok()?.checked_mul(factor)?.checked_add(u64::try_from(part).ok()?)
}

/// Shows a size to people, in binary units with one decimal.
///
/// ```
/// use heirloom_core::settings::shown_size;
/// assert_eq!(shown_size(4 << 30), "4.0 GiB");
/// assert_eq!(shown_size(512), "512 B");
/// ```
#[must_use]
pub fn shown_size(bytes: u64) -> String {
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    // Tenths of the unit, rounded to the nearest; the next unit takes over where 1024.0 would be shown.
    let mut tenths = u128::from(bytes) * 10;
    let mut shift = 0_u32;
    let rounded = |tenths: u128, shift: u32| (tenths + (1 << shift) / 2) >> shift;
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    while rounded(tenths, shift) >= 10_240 {
        shift += 10;
    }
    tenths = rounded(tenths, shift);
    format!("{}.{} {}", tenths / 10, tenths % 10, units[shift as usize / 10])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_read() {
        let check =
            |text: &str, expected: u64| assert_eq!(parse_size(text).expect("it is good"), expected, "{text}");
        check("0", 0);
        check("1000", 1_000);
        check("1000 B", 1_000);
        check("2kB", 2_000);
        check("512MB", 512_000_000);
        check("4 GiB", 4 << 30);
        check("4gib", 4 << 30);
        check(" 1.5 GiB ", 3 << 29);
        check("0.3 KiB", 307);
        check("1 TB", 1_000_000_000_000);
        check("3 PiB", 3 << 50);
        check("16383 PiB", 16_383 << 50);
        check("18446744073709551615", u64::MAX);
    }

    #[test]
    fn everything_else_is_refused() {
        let refused = ["", "GiB", "4G", "-1", "4 GiB or so", "1.2.3", ".5 GiB", "5. GiB", "1e9", "1_000"];
        for text in refused.into_iter().chain(["16384 PiB", "18446744073709551616"]) {
            let sentence = parse_size(text).expect_err("it is bad").to_string();
            let expected = format!(
                "`{text}` is not a size; write for example \"4 GiB\", \"512MB\" or, in bytes, \"1000\""
            );
            assert_eq!(sentence, expected);
        }
    }

    #[test]
    fn sizes_are_shown_with_one_decimal() {
        assert_eq!(shown_size(0), "0 B");
        assert_eq!(shown_size(1_023), "1023 B");
        assert_eq!(shown_size(1_024), "1.0 KiB");
        assert_eq!(shown_size(1_536), "1.5 KiB");
        assert_eq!(shown_size((1 << 20) - 1), "1.0 MiB");
        assert_eq!(shown_size(4 << 30), "4.0 GiB");
        assert_eq!(shown_size(u64::MAX), "16.0 EiB");
    }
}
