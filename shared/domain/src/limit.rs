//! Limits: how many requests a subject may make in a time, and what a counter of them remembers.
//!
//! A counter is a pure state machine: [`Counter::draw`] takes permits at an instant or refuses them. Stores keep its state and
//! replace it by one conditional write (DynamoDB) or one script (Valkey), so that a limit is exact under any concurrency.
//!
//! - [`Algorithm::FixedWindow`]: at most `quota` in each window of `period`, the windows laid end to end from 1970.
//! - [`Algorithm::SlidingWindow`]: a permit as long as the estimate *previous window × the part of it that the last `period`
//!   still covers + this window* is below `quota`. The estimate takes the previous window's requests as evenly spread; that is
//!   its error.
//! - [`Algorithm::TokenBucket`]: a bucket of `quota` tokens that gains one every `period / quota`, rounded up to a whole
//!   millisecond, kept as one instant by the generic cell rate algorithm (ITU-T I.371): the instant at which it will be full.
//!
//! A draw that is repeated counts once within its window; in a later one it is counted again, as a request of that one.
//!
//! A subject that exceeds a penalised limit is in violation once per window. From the third violation within 24 hours on it
//! is refused everything for 30 minutes, then 2 hours, then 24 hours.

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;

mod counter;
mod key;
mod violations;

pub use counter::{Counter, Draw, DrawId, Drawn, Level};
pub use key::{CounterKey, LimitSubject, SourceAddress};
pub use violations::Violations;

/// How many requests, in which time, counted how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// How they are counted.
    pub algorithm: Algorithm,
    /// How many.
    pub quota: NonZeroU32,
    /// In which time, in whole milliseconds, at least one.
    pub period: Duration,
    /// What exceeding it costs.
    pub penalty: Penalty,
}

/// How requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// In windows laid end to end.
    FixedWindow,
    /// In a window that slides with time, estimated from two fixed ones.
    SlidingWindow,
    /// In a bucket that fills up steadily.
    TokenBucket,
}

/// What exceeding a limit costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Penalty {
    /// Nothing more than the refused requests.
    None,
    /// From the third violation within 24 hours on, time out.
    Escalating,
}

impl Limit {
    /// The period in milliseconds.
    #[must_use]
    pub fn period_millis(&self) -> i64 {
        i64::try_from(self.period.as_millis()).unwrap_or(i64::MAX).max(1)
    }

    /// The first instant of the window that contains `now`.
    #[must_use]
    pub fn window_start(&self, now: Timestamp) -> Timestamp {
        let millis = now.as_millisecond();
        let start = millis - millis.rem_euclid(self.period_millis());
        Timestamp::from_millisecond(start).unwrap_or(now)
    }
}
