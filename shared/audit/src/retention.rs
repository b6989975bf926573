//! How long events are kept.

use std::time::Duration;

use jiff::Timestamp;

/// 400 days: PCI DSS 4.0.1 requirement 10.5.1 asks for 12 months of audit history; 34 days more, so that a yearly review
/// that starts late still finds its whole year. Everything that stores or deletes events shares this value.
pub const RETENTION: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Until when an event of `at` is kept.
#[must_use]
pub fn kept_until(at: Timestamp) -> Timestamp {
    at.checked_add(RETENTION).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_kept_for_400_days() {
        let at: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();

        assert_eq!(kept_until(at).to_string(), "2027-12-06T00:00:00Z");
    }

    #[test]
    fn the_last_instant_is_kept_as_long_as_time_goes() {
        assert_eq!(kept_until(Timestamp::MAX), Timestamp::MAX);
    }
}
