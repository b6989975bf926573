//! Lockout: how many wrong answers an account takes, across verifications, sources and processes.
//!
//! A failure is *reserved* before anything is compared, and all are forgotten on success; what is reserved by a process that
//! dies stays counted. The ladder (failures since the last success → locked from that failure on):
//!
//! ```text
//! 5 → 15 minutes      8 → 4 hours      10 → 24 hours, then all are forgotten
//! ```
//! - An attempt while locked is neither counted nor does it extend the lock: nobody is locked for ever.
//! - Failures are forgotten 24 hours after the latest one.

use std::time::Duration;

use jiff::Timestamp;

/// When the failures of an account were reserved, oldest first: at most [`Failures::MOST`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failures(Vec<Timestamp>);

/// What a reservation does to the failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserving {
    /// The failure is added to those before.
    Appends,
    /// Those before are forgotten, and it is the first.
    BeginsAnew,
    /// Nothing: the account is locked until then.
    Locked(Timestamp),
}

impl Failures {
    /// More are never kept: at the tenth the account is locked for 24 hours, after which all are forgotten.
    pub const MOST: usize = 10;

    /// Failures at these instants, in the order in which they were reserved, which clocks need not agree with; `None` if there
    /// are too many.
    #[must_use]
    pub fn new(instants: Vec<Timestamp>) -> Option<Self> {
        (instants.len() <= Self::MOST).then_some(Self(instants))
    }

    /// The instants, oldest first.
    #[must_use]
    pub fn instants(&self) -> &[Timestamp] {
        &self.0
    }

    /// What reserving one more at `now` does.
    #[must_use]
    pub fn reserving(&self, now: Timestamp) -> Reserving {
        if let Some(until) = self.locked_until(now) {
            return Reserving::Locked(until);
        }
        let are_forgotten = self.0.last().is_some_and(|latest| *latest + FORGOTTEN_AFTER <= now);
        if are_forgotten { Reserving::BeginsAnew } else { Reserving::Appends }
    }

    /// Until when the account is locked, if it is at `now`.
    #[must_use]
    pub fn locked_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.lock().filter(|until| now < *until)
    }

    /// The lock that the latest failure brought about, if it did: what is worth telling an operator.
    #[must_use]
    pub fn lock_by_latest(&self) -> Option<Timestamp> {
        LADDER.iter().any(|(failures, _)| self.0.len() == *failures).then(|| self.lock()).flatten()
    }

    /// The failures with one more.
    #[must_use]
    pub fn with(mut self, at: Timestamp) -> Self {
        self.0.push(at);
        self
    }

    fn lock(&self) -> Option<Timestamp> {
        let (failures, duration) = LADDER.iter().rev().find(|(failures, _)| self.0.len() >= *failures)?;
        Some(*self.0.get(failures - 1)? + *duration)
    }
}

/// How many failures lock for how long.
pub const LADDER: [(usize, Duration); 3] =
    [(5, Duration::from_secs(15 * 60)), (8, Duration::from_secs(4 * 60 * 60)), (10, Duration::from_secs(24 * 60 * 60))];

/// Failures are forgotten this long after the latest one.
pub const FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
