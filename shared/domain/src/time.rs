//! Time as a parameter.

use std::fmt;

use jiff::Timestamp;

/// Tells the time. Everything that compares, stores or answers an instant takes one.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The current instant.
    fn now(&self) -> Timestamp;
}

/// The machine's own clock, for `main` functions. Cut to the millisecond, which is what stores keep: an instant that is
/// answered now and read again later is the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}

/// One of the consecutive ten-minute spans since the Unix epoch within which a user is always asked for the same set.
///
/// Ten minutes is longer than a verification lives (300 s), so that opening verifications again and again shows at most
/// two sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window(u64);

impl Window {
    /// The window that an instant falls into. Instants before 1970 fall into the first.
    #[must_use]
    pub fn containing(at: Timestamp) -> Self {
        Self(u64::try_from(at.as_second()).unwrap_or(0) / WINDOW_SECONDS)
    }

    /// The window's number, as eight big-endian bytes for keyed functions.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

const WINDOW_SECONDS: u64 = 600;
