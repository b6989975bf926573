//! The circuit breaker of one server: whether it is asked.
//!
//! ```text
//!         a call failed, with its repetition                 every pause: one call
//! closed ────────────────────────────────────▶ open ────────────────────────────────▶ probe
//!    ▲                                           ▲                                      │
//!    │                                           └──────────────── failed ──────────────┤
//!    └──────────────────────────────────────────────────────── succeeded ───────────────┘
//! ```

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Opens after a failure; lets one call through every so often until one succeeds.
#[derive(Debug)]
pub(crate) struct Breaker {
    pause: Duration,
    /// When the next probe may be made; `None` while closed.
    open_until: Mutex<Option<Instant>>,
}

/// The permission to make a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// The server answers as far as is known.
    Usual,
    /// To find out whether it answers again. It is not repeated.
    Probe,
}

/// Whether a call's end changed the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Opened,
    Closed,
    None,
}

impl Breaker {
    pub(crate) fn new(pause: Duration) -> Self {
        Self { pause, open_until: Mutex::new(None) }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state().is_none()
    }

    /// Asks for permission. A probe's permission keeps others from probing for a pause, so that one whose caller has gone away
    /// blocks nothing.
    pub(crate) fn pass(&self) -> Option<Pass> {
        let mut open_until = self.state();
        let Some(until) = *open_until else { return Some(Pass::Usual) };
        let now = Instant::now();
        if now < until {
            return None;
        }
        *open_until = Some(now + self.pause);
        Some(Pass::Probe)
    }

    /// Only a probe closes it: a call that was under way when it opened proves nothing about later ones.
    pub(crate) fn succeeded(&self, pass: Pass) -> Change {
        if pass == Pass::Usual {
            return Change::None;
        }
        *self.state() = None;
        Change::Closed
    }

    /// A call that was under way when it opened does not make the pause longer.
    pub(crate) fn failed(&self, pass: Pass) -> Change {
        let mut open_until = self.state();
        let was_open = open_until.is_some();
        if !was_open || pass == Pass::Probe {
            *open_until = Some(Instant::now() + self.pause);
        }
        if was_open { Change::None } else { Change::Opened }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.open_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const PAUSE: Duration = Duration::from_millis(1_000);
    const ALMOST: Duration = Duration::from_millis(999);

    #[tokio::test(start_paused = true)]
    async fn after_a_failure_one_probe_is_let_through_each_pause() {
        let breaker = Breaker::new(PAUSE);

        assert_eq!(breaker.failed(Pass::Usual), Change::Opened);

        assert_eq!(breaker.pass(), None);
        advance(ALMOST).await;
        assert_eq!(breaker.pass(), None);
        advance(Duration::from_millis(1)).await;
        assert_eq!(breaker.pass(), Some(Pass::Probe));
        assert_eq!(breaker.pass(), None);
        advance(PAUSE).await;
        assert_eq!(breaker.pass(), Some(Pass::Probe));
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_succeeds_closes_it() {
        let breaker = Breaker::new(PAUSE);
        breaker.failed(Pass::Usual);
        advance(PAUSE).await;
        let probe = breaker.pass().unwrap();

        assert_eq!(breaker.succeeded(probe), Change::Closed);

        assert!(breaker.is_closed());
        assert_eq!(breaker.pass(), Some(Pass::Usual));
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_fails_begins_the_pause_anew() {
        let breaker = Breaker::new(PAUSE);
        breaker.failed(Pass::Usual);
        advance(PAUSE).await;
        let probe = breaker.pass().unwrap();
        advance(PAUSE / 2).await;

        assert_eq!(breaker.failed(probe), Change::None);

        advance(ALMOST).await;
        assert_eq!(breaker.pass(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_from_before_neither_closes_it_nor_makes_the_pause_longer() {
        let breaker = Breaker::new(PAUSE);
        breaker.failed(Pass::Usual);
        advance(PAUSE / 2).await;

        assert_eq!(breaker.succeeded(Pass::Usual), Change::None);
        assert_eq!(breaker.failed(Pass::Usual), Change::None);

        assert!(!breaker.is_closed());
        advance(PAUSE / 2).await;
        assert_eq!(breaker.pass(), Some(Pass::Probe));
    }
}
