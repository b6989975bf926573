//! The lockout ladder as DESIGN says it, counted on fingers.

use std::time::Duration;

use domain::Account;
use jiff::Timestamp;

/// When an account's wrong answers since the last right one were.
#[derive(Debug, Clone)]
pub(crate) struct Ladder(Vec<Timestamp>);

impl Ladder {
    /// As the account remembers them at `now`.
    pub(crate) fn of(account: &Account, now: Timestamp) -> Self {
        let instants = account.failures.instants().to_vec();
        let forgotten = instants.last().is_some_and(|latest| *latest + DAY <= now);
        Self(if forgotten { Vec::new() } else { instants })
    }

    /// How many there are.
    pub(crate) fn failures(&self) -> usize {
        self.0.len()
    }

    /// Whether it is locked at `now`.
    pub(crate) fn is_locked(&self, now: Timestamp) -> bool {
        let until = match self.0.len() {
            0..=4 => return false,
            5..=7 => self.0[4] + Duration::from_secs(15 * 60),
            8..=9 => self.0[7] + Duration::from_secs(4 * 3_600),
            _ => self.0[9] + DAY,
        };
        now < until
    }

    /// How many of these attempts can be reserved at `now`, one after the other; the ladder is then as they leave it.
    pub(crate) fn reserve(&mut self, attempts: usize, now: Timestamp) -> usize {
        let mut reserved = 0;
        while reserved < attempts && !self.is_locked(now) {
            self.0.push(now);
            reserved += 1;
        }
        reserved
    }
}

const DAY: Duration = Duration::from_secs(24 * 3_600);
