//! Numbers, as people read them.

use std::ops::RangeBounds;
use std::time::Duration;

use crate::number::whole;

/// A count with separators between thousands.
pub(crate) fn count(value: f64) -> String {
    let digits = format!("{:.0}", value.max(0.0));
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size of a load: 100k, 1M.
pub(crate) fn size(value: f64) -> String {
    if value >= 1e6 { format!("{}M", value / 1e6) } else { format!("{}k", value / 1e3) }
}

/// A share in per cent: a digit more for what is small.
pub(crate) fn per_cent(share: f64) -> String {
    match share * 100.0 {
        none if none < 0.000_5 => "0 %".to_owned(),
        small if small < 1.0 => format!("{small:.2} %"),
        large => format!("{large:.0} %"),
    }
}

/// Milliseconds, or nothing where there was no answer.
pub(crate) fn milliseconds(duration: Option<Duration>) -> String {
    duration.map_or_else(|| "-".to_owned(), |duration| format!("{:.0}", duration.as_secs_f64() * 1_000.0))
}

/// Dollars: cents where there are few.
pub(crate) fn dollars(value: f64) -> String {
    if value < 1_000.0 { format!("${value:.2}") } else { format!("${}", count(value)) }
}

/// A time that is not short: seconds, minutes, hours.
pub(crate) fn time(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match whole(seconds) {
        0..=119 => format!("{seconds:.0} s"),
        120..=7_199 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3_600.0),
    }
}

/// A figure's value, exactly.
pub(crate) fn value(value: f64) -> String {
    if value >= 1_000.0 && value.fract() == 0.0 { count(value) } else { value.to_string() }
}

/// A table, with numbers in these columns.
pub(crate) fn table(
    head: &[&str],
    numbers: impl RangeBounds<usize>,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let rule = |column: usize| if numbers.contains(&column) { "---:" } else { "---" };
    let rules: Vec<&str> = (0..head.len()).map(rule).collect();
    let rows = rows.into_iter().map(|row| format!("| {} |\n", row.join(" | ")));
    let head = format!("| {} |\n|{}|\n", head.join(" | "), rules.join("|"));
    std::iter::once(head).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(1_234_567.4), "1,234,567");
        assert_eq!((size(100_000.0), size(10_000_000.0)), ("100k".to_owned(), "10M".to_owned()));
        assert_eq!([0.0, 0.000_1, 0.004, 0.43].map(per_cent), ["0 %", "0.01 %", "0.40 %", "43 %"]);
        assert_eq!([1.5, 12_345.0].map(dollars), ["$1.50", "$12,345"]);
        assert_eq!([5, 600, 7_200].map(|seconds| time(Duration::from_secs(seconds))), ["5 s", "10 min", "2.0 h"]);
        assert_eq!([0.000_013_333_4, 22.1, 4_000.0].map(value), ["0.0000133334", "22.1", "4,000"]);
    }
}
