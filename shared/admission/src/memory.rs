//! What a process remembers of one counter: permits that it has drawn and not spent, and a refusal that still holds.
//!
//! Of concurrent requests one draws, and the others wait for it and share what it drew, its refusal or its failure.
//!
//! A draw asks for as many permits as the process has spent in the window, or half of those in the window before, but at
//! least a tenth of the lease and at most all of it. So a process that sees few requests of a subject holds few permits back.

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
                    self.state().put(permits, until, lease.period);
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
    /// Permits spent in the window that ends then, and in the one before.
    spent: u32,
    spent_before: u32,
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
        let (spent, before) = if now < self.until {
            (self.spent, self.spent_before)
        } else if now < self.until + lease.period {
            (0, self.spent)
        } else {
            (0, 0)
        };
        spent.max(before / 2).max(lease.most / 10).clamp(1, lease.most)
    }

    /// Takes over what was drawn, less the one that is spent at once.
    fn put(&mut self, drawn: u32, until: Timestamp, period: Duration) {
        if until != self.until {
            let is_next = until.duration_since(self.until).unsigned_abs() <= period;
            self.spent_before = if is_next { self.spent } else { 0 };
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
