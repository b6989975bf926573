//! The span of time that is asked for.

use std::time::Duration;

use jiff::Timestamp;

/// A span of time within which events are looked for: not empty, at most [`LONGEST_SPAN`], in whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    from: Timestamp,
    until: Timestamp,
}

impl Span {
    /// From the first instant of the span to the first one after it. Events happen at whole milliseconds, so bounds between
    /// two of them count as the later one.
    ///
    /// # Errors
    /// [`InvalidSpan`] if it is empty or too long, or out of the years that are supported.
    pub fn new(from: Timestamp, until: Timestamp) -> Result<Self, InvalidSpan> {
        let (from, until) = (whole(from)?, whole(until)?);
        if until <= from {
            return Err(InvalidSpan::Empty);
        }
        if until.duration_since(from).unsigned_abs() > LONGEST_SPAN {
            return Err(InvalidSpan::TooLong);
        }
        Ok(Self { from, until })
    }

    /// Its first instant.
    #[must_use]
    pub const fn from(&self) -> Timestamp {
        self.from
    }

    /// The first instant after it.
    #[must_use]
    pub const fn until(&self) -> Timestamp {
        self.until
    }
}

/// Why a span is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSpan {
    /// It ends before it begins, or where it begins.
    #[error("the span is empty")]
    Empty,
    /// It is longer than [`LONGEST_SPAN`].
    #[error("the span is too long")]
    TooLong,
    /// It is not within the years that events can be of.
    #[error("the span is out of bounds")]
    OutOfBounds,
}

/// The longest span of one request: a month.
pub const LONGEST_SPAN: Duration = Duration::from_secs(31 * 24 * 60 * 60);

/// The first whole millisecond that is not before the instant.
fn whole(at: Timestamp) -> Result<Timestamp, InvalidSpan> {
    let begun = i64::from(at.subsec_nanosecond() % 1_000_000 > 0);
    let whole = Timestamp::from_millisecond(at.as_millisecond() + begun).ok();
    whole.and_then(event_time).ok_or(InvalidSpan::OutOfBounds)
}

/// An instant that an event can be of.
pub(crate) fn event_time(at: Timestamp) -> Option<Timestamp> {
    (0..=LATEST_MILLIS).contains(&at.as_millisecond()).then_some(at)
}

/// 2200-01-01T00:00:00Z. Keys of the index have thirteen digits for milliseconds since 1970, which last until 2286.
const LATEST_MILLIS: i64 = 7_258_118_400_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: &str, until: &str) -> Result<(String, String), InvalidSpan> {
        let span = Span::new(from.parse().unwrap(), until.parse().unwrap())?;
        Ok((span.from().to_string(), span.until().to_string()))
    }

    #[test]
    fn bounds_between_two_milliseconds_count_as_the_later_one() {
        let expected = Ok(("2026-11-01T00:00:00.001Z".to_owned(), "2026-11-01T00:00:01Z".to_owned()));

        assert_eq!(span("2026-11-01T00:00:00.000000001Z", "2026-11-01T00:00:00.9991Z"), expected);
        assert_eq!(span("2026-11-01T00:00:00.001Z", "2026-11-01T00:00:01Z"), expected);
    }

    #[test]
    fn a_span_is_not_empty_and_at_most_31_days() {
        assert!(span("2026-11-01T00:00:00Z", "2026-12-02T00:00:00Z").is_ok());
        assert_eq!(span("2026-11-01T00:00:00Z", "2026-12-02T00:00:00.001Z"), Err(InvalidSpan::TooLong));
        assert_eq!(span("2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"), Err(InvalidSpan::Empty));
        assert_eq!(span("2026-11-01T00:00:01Z", "2026-11-01T00:00:00Z"), Err(InvalidSpan::Empty));
    }

    #[test]
    fn a_span_is_within_the_years_that_the_index_has_keys_for() {
        assert!(span("1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z").is_ok());
        assert_eq!(span("1969-12-31T23:59:59.999Z", "1970-01-02T00:00:00Z"), Err(InvalidSpan::OutOfBounds));
        assert!(span("2199-12-31T00:00:00Z", "2200-01-01T00:00:00Z").is_ok());
        assert_eq!(span("2199-12-31T00:00:00Z", "2200-01-01T00:00:00.001Z"), Err(InvalidSpan::OutOfBounds));
    }
}
