//! A value that is fetched once for everybody, kept while fresh, and used a while longer if it can't be fetched again.
//!
//! ```text
//! fetched            FRESH_FOR                      USABLE_FOR
//! ───┼── use it ─────────┼── fetch; if that fails, use it ──┼── fetch; if that fails, fail ──▶
//! ```

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crypto::KeyError;
use jiff::Timestamp;
use store::StoreErrorKind;
use telemetry::Chain;
use tokio::sync::Mutex;

use crate::KeyringError;

/// How long an unwrapped key is used without asking again: the time in which a replaced key takes effect everywhere.
pub const FRESH_FOR: Duration = Duration::from_secs(300);

/// How long an unwrapped key is used while the store or the key service is down. Fails closed afterwards.
pub const USABLE_FOR: Duration = Duration::from_secs(900);

/// How long a failed fetch is not tried again while there is a usable value.
const BACK_OFF: Duration = Duration::from_secs(10);

/// One such value. Callers that come while it is being fetched wait for that one fetch, and share its failure.
#[derive(Debug)]
pub(crate) struct Aged<T> {
    kept: Mutex<Option<Kept<T>>>,
    failures: AtomicU64,
}

#[derive(Debug)]
struct Kept<T> {
    value: T,
    fetched_at: Timestamp,
    failed_at: Option<Timestamp>,
}

impl<T: Clone> Aged<T> {
    pub(crate) fn empty() -> Self {
        Self { kept: Mutex::new(None), failures: AtomicU64::new(0) }
    }

    /// The value at `now`, fetched if need be.
    pub(crate) fn get<F>(
        &self,
        now: Timestamp,
        fetch: impl FnOnce() -> F,
    ) -> impl Future<Output = Result<T, KeyringError>>
    where
        F: Future<Output = Result<T, KeyringError>>,
    {
        self.renew(now, FRESH_FOR, fetch)
    }

    /// The value at `now`, fetched if it is as old as this. Of a failed fetch nobody hears while there is a usable value.
    pub(crate) async fn renew<F>(
        &self,
        now: Timestamp,
        fresh_for: Duration,
        fetch: impl FnOnce() -> F,
    ) -> Result<T, KeyringError>
    where
        F: Future<Output = Result<T, KeyringError>>,
    {
        let failures = self.failures.load(Ordering::SeqCst);
        let mut kept = self.kept.lock().await;
        if let Some(kept) = &*kept
            && kept.needs_no_fetch(now, fresh_for)
        {
            return Ok(kept.value.clone());
        }
        if self.failures.load(Ordering::SeqCst) != failures {
            return Err(KeyringError::JustFailed);
        }
        match fetch().await {
            Ok(value) => {
                *kept = Some(Kept { value: value.clone(), fetched_at: now, failed_at: None });
                Ok(value)
            }
            Err(error) => {
                if let Some(kept) = kept.as_mut().filter(|kept| is_outage(&error) && kept.age(now) < USABLE_FOR) {
                    tracing::warn!(error.chain = %Chain::of(&error), "a key is used past its age: it can't be fetched");
                    kept.failed_at = Some(now);
                    return Ok(kept.value.clone());
                }
                self.failures.fetch_add(1, Ordering::SeqCst);
                Err(error)
            }
        }
    }
}

impl<T> Kept<T> {
    fn age(&self, now: Timestamp) -> Duration {
        now.duration_since(self.fetched_at).unsigned_abs()
    }

    fn needs_no_fetch(&self, now: Timestamp, fresh_for: Duration) -> bool {
        let backs_off = self.failed_at.is_some_and(|at| now.duration_since(at).unsigned_abs() < BACK_OFF);
        self.age(now) < fresh_for || (backs_off && self.age(now) < USABLE_FOR)
    }
}

/// Whether the value may still be right: nobody said that it is not.
fn is_outage(error: &KeyringError) -> bool {
    match error {
        KeyringError::Store(error) => error.kind != StoreErrorKind::Corrupt,
        KeyringError::Key(KeyError::Unavailable(_)) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn down() -> KeyringError {
        KeyError::unavailable("down").into()
    }

    #[tokio::test]
    async fn a_fresh_value_is_not_fetched_again() {
        let aged = Aged::empty();

        let first = aged.get(at(0), async || Ok(1)).await.unwrap();
        let second = aged.get(at(299), async || Ok(2)).await.unwrap();
        let third = aged.get(at(300), async || Ok(3)).await.unwrap();

        assert_eq!([first, second, third], [1, 1, 3]);
    }

    #[tokio::test]
    async fn an_outage_is_served_until_the_hard_age_then_closed() {
        let aged = Aged::empty();
        aged.get(at(0), async || Ok(1)).await.unwrap();

        let during = aged.get(at(899), async || Err(down())).await;
        let after = aged.get(at(900), async || Err(down())).await;

        assert_eq!((during.unwrap(), after.is_err()), (1, true));
    }

    #[tokio::test]
    async fn an_outage_is_asked_after_every_ten_seconds_only() {
        let aged = Aged::empty();
        let fetches = AtomicU64::new(0);
        aged.get(at(0), async || Ok(1)).await.unwrap();

        for second in 300..320 {
            let fetch = async || {
                fetches.fetch_add(1, Ordering::SeqCst);
                Err(down())
            };
            aged.get(at(second), fetch).await.unwrap();
        }

        assert_eq!(fetches.into_inner(), 2);
    }

    #[tokio::test]
    async fn a_key_that_is_gone_is_not_used_any_longer() {
        let aged = Aged::empty();
        aged.get(at(0), async || Ok(1)).await.unwrap();

        let gone = aged.get(at(300), async || Err(KeyringError::Missing("key"))).await;

        assert!(matches!(gone, Err(KeyringError::Missing("key"))));
    }

    #[tokio::test]
    async fn whoever_waited_for_a_fetch_shares_its_failure() {
        let aged = Aged::<u8>::empty();
        let fetches = AtomicU64::new(0);
        let get = || {
            aged.get(at(0), async || {
                fetches.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                Err(down())
            })
        };

        let answers = join_all((0..64).map(|_| get())).await;

        assert!(answers.iter().all(Result::is_err));
        assert_eq!(fetches.into_inner(), 1);
    }
}
