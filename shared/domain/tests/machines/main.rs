//! The pure machines against plain references: counters of limits, lockout, sessions, ids.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod account;
mod counter;
mod history;
mod identity;
mod lockout;
mod penalty;
mod repetition;
mod steady_client;
mod subject;

use std::num::NonZeroU32;
use std::time::Duration;

use domain::{Algorithm, Counter, Draw, DrawId, Drawn, Limit, Penalty};
use jiff::Timestamp;
use proptest::prelude::*;

/// An instant, in milliseconds since a day in 2026 on which no tested period has a boundary for certain.
pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_793_491_200_000 + millis).unwrap()
}

pub(crate) fn limit(algorithm: Algorithm, quota: u32, period_millis: u64) -> Limit {
    Limit {
        algorithm,
        quota: NonZeroU32::new(quota).unwrap(),
        period: Duration::from_millis(period_millis),
        penalty: Penalty::None,
    }
}

pub(crate) fn id(number: u64) -> DrawId {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    DrawId(id)
}

pub(crate) fn any_algorithm() -> impl Strategy<Value = Algorithm> {
    prop_oneof![Just(Algorithm::FixedWindow), Just(Algorithm::SlidingWindow), Just(Algorithm::TokenBucket)]
}

/// A store of one counter.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) limit: Limit,
    pub(crate) counter: Option<Counter>,
    draws: u64,
}

impl Kept {
    pub(crate) fn new(limit: Limit) -> Self {
        Self { limit, counter: None, draws: 0 }
    }

    /// A draw with an id of its own.
    pub(crate) fn draw(&mut self, permits: u32, now: Timestamp) -> Drawn {
        self.draws += 1;
        self.repeat(permits, now, id(self.draws))
    }

    /// A draw with this id.
    pub(crate) fn repeat(&mut self, permits: u32, now: Timestamp, id: DrawId) -> Drawn {
        let (drawn, after) = Counter::draw(self.counter.as_ref(), &Draw { limit: self.limit, permits, id, now });
        self.counter = after.or_else(|| self.counter.take());
        drawn
    }
}

/// How many permits were granted.
pub(crate) fn permits(drawn: Drawn) -> u32 {
    match drawn {
        Drawn::Granted { permits, .. } => permits,
        Drawn::Refused { .. } => 0,
    }
}

/// After how long a refused one may come again.
pub(crate) fn retry_after(drawn: Drawn) -> Option<Duration> {
    match drawn {
        Drawn::Granted { .. } => None,
        Drawn::Refused { retry_after } => Some(retry_after),
    }
}
