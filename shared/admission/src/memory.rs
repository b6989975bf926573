//! What a process remembers of one counter: permits that it has drawn and not spent, and a refusal that still holds.
//!
//! Of concurrent requests one draws, and the others wait for it and share what it drew, its refusal or its failure.
//!
//! A draw asks for as many permits as the process has spent in the window, the first one of a window for half of those of the
//! window before, but at least for a tenth of the lease and at most for all of it. So a process that sees few requests of a subject
//! holds few permits back.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{Clock, Drawn};
use jiff::Timestamp;
use store::{StoreError, StoreErrorKind};
use tokio::sync::Mutex as Turn;

use crate::Refusal;

/// The memory of one counter.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    state: Mutex<State>,
    turn: Turn<()>,
}

/// How a row's permits are leased.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lease {
    pub(crate) most: u32,
    pub(crate) period: Duration,
}

/// What came of asking for one permit.
#[derive(Debug)]
pub(crate) enum Taken {
    Permit(Permit),
    Refused(Duration),
}

/// What came of a draw.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome {
    /// As the counter says.
    Certain(Drawn),
    /// Refused, but other requests may still be let in: not to be remembered.
    RefusedThisOnce(Duration),
}

impl Memory {
    /// For how long requests are still refused, if they are at `now`.
    pub(crate) fn refusal(&self, now: Timestamp) -> Option<Duration> {
        self.state().refusal(now)
    }

    /// Remembers a refusal.
    pub(crate) fn refuse(&self, now: Timestamp, retry_after: Duration) {
        self.state().refused_until = Some(now + retry_after);
    }

    /// One permit, out of those in hand if there are any; otherwise `draw` draws as many as it is told.
    pub(crate) async fn take<F>(
        self: &Arc<Self>,
        clock: &dyn Clock,
        lease: Lease,
        draw: impl FnOnce(u32) -> F,
    ) -> Result<Taken, Refusal>
    where
        F: Future<Output = Result<Outcome, Refusal>>,
    {
        let (taken, failures) = self.at_hand(clock.now());
        if let Some(taken) = taken {
            return Ok(taken);
        }
        let _turn = self.turn.lock().await;
        let now = clock.now();
        let (taken, failures_now) = self.at_hand(now);
        if let Some(taken) = taken {
            return Ok(taken);
        }
        if failures_now != failures {
            return Err(StoreError::new(StoreErrorKind::Unavailable, "DrawPermits", SHARED_FAILURE).into());
        }
        let permits = self.state().next_draw(now, lease);
        match draw(permits).await {
            Ok(Outcome::Certain(Drawn::Granted { permits, until, .. })) => {
                if let Some(until) = until {
                    self.state().put(permits, until);
                }
                Ok(Taken::Permit(Permit { lease: until.map(|until| (Arc::clone(self), until)) }))
            }
            Ok(Outcome::Certain(Drawn::Refused { retry_after })) => {
                self.refuse(now, retry_after);
                Ok(Taken::Refused(retry_after))
            }
            Ok(Outcome::RefusedThisOnce(retry_after)) => Ok(Taken::Refused(retry_after)),
            Err(error) => {
                self.state().failures += 1;
                Err(error)
            }
        }
    }

    /// What there is without a draw, and how many draws have failed so far.
    fn at_hand(self: &Arc<Self>, now: Timestamp) -> (Option<Taken>, u64) {
        let mut state = self.state();
        let taken = match state.refusal(now) {
            Some(retry_after) => Some(Taken::Refused(retry_after)),
            None if state.spend(now) => Some(Taken::Permit(Permit { lease: Some((Arc::clone(self), state.until)) })),
            None => None,
        };
        (taken, state.failures)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One permit. Dropped unspent, it goes back to where it was taken from, if that still holds permits of the same window.
#[derive(Debug)]
pub(crate) struct Permit {
    lease: Option<(Arc<Memory>, Timestamp)>,
}

impl Permit {
    /// A permit that counts whether it is spent or not.
    pub(crate) const fn unreturnable() -> Self {
        Self { lease: None }
    }

    pub(crate) fn spend(mut self) {
        self.lease = None;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some((memory, until)) = self.lease.take() {
            memory.state().put_back(until);
        }
    }
}

#[derive(Debug, Default)]
struct State {
    /// Permits in hand; good until then.
    permits: u32,
    until: Timestamp,
    /// Permits spent in the window that ends then.
    spent: u32,
    refused_until: Option<Timestamp>,
    failures: u64,
}

impl State {
    fn refusal(&self, now: Timestamp) -> Option<Duration> {
        self.refused_until.filter(|until| now < *until).map(|until| until.duration_since(now).unsigned_abs())
    }

    fn spend(&mut self, now: Timestamp) -> bool {
        let has_one = self.permits > 0 && now < self.until;
        if has_one {
            self.permits -= 1;
            self.spent += 1;
        }
        has_one
    }

    fn next_draw(&self, now: Timestamp, lease: Lease) -> u32 {
        let spent = if now < self.until {
            self.spent
        } else if now < self.until + lease.period {
            self.spent / 2
        } else {
            0
        };
        spent.max(lease.most / 10).clamp(1, lease.most)
    }

    /// Takes over what was drawn, less the one that is spent at once.
    fn put(&mut self, drawn: u32, until: Timestamp) {
        if until != self.until {
            (self.permits, self.spent, self.until) = (0, 0, until);
        }
        self.permits += drawn.saturating_sub(1);
        self.spent += 1;
    }

    fn put_back(&mut self, until: Timestamp) {
        if until == self.until {
            self.permits += 1;
            self.spent = self.spent.saturating_sub(1);
        }
    }
}

const SHARED_FAILURE: &str = "the draw that the request waited for failed";

#[cfg(test)]
mod tests {
    use testkit::FixedClock;

    use super::*;

    const LEASE: Lease = Lease { most: 10, period: Duration::from_secs(60) };

    /// Takes a permit; a draw, if there is one, gives all that it is asked for, until then.
    async fn take(memory: &Arc<Memory>, clock: &FixedClock, until: Timestamp) -> Permit {
        let draw = async |permits| Ok(Outcome::Certain(Drawn::Granted { permits, remaining: 0, until: Some(until) }));
        match memory.take(clock, LEASE, draw).await {
            Ok(Taken::Permit(permit)) => permit,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_draw_asks_for_as_many_as_were_spent_between_a_tenth_of_the_lease_and_all_of_it() {
        let (memory, clock) = (Arc::<Memory>::default(), FixedClock::default());
        let until = Some(clock.now() + LEASE.period);
        let mut asked = Vec::new();
        for _ in 0..180 {
            let draw = async |permits| {
                asked.push(permits);
                Ok(Outcome::Certain(Drawn::Granted { permits, remaining: 0, until }))
            };
            let Ok(Taken::Permit(permit)) = memory.take(&clock, Lease { most: 50, ..LEASE }, draw).await else {
                panic!()
            };
            permit.spend();
        }

        assert_eq!(asked, [5, 5, 10, 20, 40, 50, 50]);
    }

    #[tokio::test]
    async fn a_permit_goes_back_into_its_own_window_only() {
        let (memory, clock) = (Arc::<Memory>::default(), FixedClock::default());
        let ends = clock.now() + LEASE.period;
        let (early, late) = (take(&memory, &clock, ends).await, take(&memory, &clock, ends).await);

        drop(early);
        let at_hand = memory.state().permits;
        clock.advance(LEASE.period);
        take(&memory, &clock, ends + LEASE.period).await.spend();
        let before = memory.state().permits;
        drop(late);

        assert_eq!((at_hand, memory.state().permits), (1, before));
    }
}
