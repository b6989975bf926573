//! A value that is fetched once for everybody, kept while fresh, and used a while longer if it can't be fetched again.
//!
//! ```text
//! fetched            FRESH_FOR                      USABLE_FOR
//! ───┼── use it ─────────┼── fetch; if that fails, use it ──┼── fetch; if that fails, fail ──▶
//! ```

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Mutex;

/// How long an unwrapped key is used without asking again: the time in which a replaced key takes effect everywhere.
pub const FRESH_FOR: Duration = Duration::from_secs(300);

/// How long an unwrapped key is used while the store or the key service is down. Fails closed afterwards.
pub const USABLE_FOR: Duration = Duration::from_secs(900);

/// One such value. Callers that come while it is being fetched wait for that one fetch.
#[derive(Debug)]
pub(crate) struct Aged<T>(Mutex<Option<(Timestamp, T)>>);

impl<T: Clone> Aged<T> {
    pub(crate) fn empty() -> Self {
        Self(Mutex::new(None))
    }

    /// The value at `now`, fetched if need be.
    pub(crate) async fn get<E, F>(&self, now: Timestamp, fetch: impl FnOnce() -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let mut slot = self.0.lock().await;
        let kept = slot.as_ref().map(|(fetched_at, value)| (now.duration_since(*fetched_at), value.clone()));
        let (age, kept) = match kept {
            Some((age, value)) => (age.unsigned_abs(), Some(value)),
            None => (Duration::MAX, None),
        };
        if let (Some(value), true) = (&kept, age < FRESH_FOR) {
            return Ok(value.clone());
        }
        match fetch().await {
            Ok(value) => {
                *slot = Some((now, value.clone()));
                Ok(value)
            }
            Err(error) => match kept {
                Some(value) if age < USABLE_FOR => Ok(value),
                _ => Err(error),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[tokio::test]
    async fn a_fresh_value_is_not_fetched_again() {
        let aged = Aged::empty();

        let first = aged.get(at(0), async || Ok::<_, Infallible>(1)).await;
        let second = aged.get(at(299), async || Ok::<_, Infallible>(2)).await;
        let third = aged.get(at(300), async || Ok::<_, Infallible>(3)).await;

        assert_eq!([first, second, third], [Ok(1), Ok(1), Ok(3)]);
    }

    #[tokio::test]
    async fn an_outage_is_served_until_the_hard_age_then_closed() {
        let aged = Aged::empty();
        aged.get(at(0), async || Ok::<_, &str>(1)).await.unwrap();

        let during = aged.get(at(899), async || Err::<u8, _>("down")).await;
        let after = aged.get(at(900), async || Err::<u8, _>("down")).await;

        assert_eq!((during, after), (Ok(1), Err("down")));
    }
}
