//! A clock that moves only when told.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::Clock;
use jiff::Timestamp;

/// Stands still at an instant until it is advanced. Millisecond resolution.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that shows `at`.
    #[must_use]
    pub fn at(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.as_millisecond()))
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

impl Default for FixedClock {
    /// 2026-11-01T00:00:00Z.
    fn default() -> Self {
        Self(AtomicI64::new(1_793_491_200_000))
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX)
    }
}
