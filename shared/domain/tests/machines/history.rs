//! What limits mean, said without counters: by looking at every permit ever granted.

use domain::{Algorithm, Limit};
use jiff::Timestamp;

/// Every grant: when, and how many permits.
#[derive(Debug, Clone, Default)]
pub(crate) struct History(Vec<(i64, i64)>);

impl History {
    pub(crate) fn add(&mut self, at: Timestamp, permits: u32) {
        self.0.push((at.as_millisecond(), permits.into()));
    }

    /// How many permits the limit leaves at `now`, no earlier than the latest grant.
    pub(crate) fn available(&self, limit: &Limit, now: Timestamp) -> u32 {
        let (now, period) = (now.as_millisecond(), limit.period_millis());
        let quota = i64::from(limit.quota.get());
        let window = now.div_euclid(period);
        let available = match limit.algorithm {
            Algorithm::FixedWindow => quota - self.in_window(period, window),
            Algorithm::SlidingWindow => {
                let covered = (window + 1) * period - now;
                quota - self.in_window(period, window) - self.in_window(period, window - 1) * covered / period
            }
            Algorithm::TokenBucket => self.tokens(quota, interval(quota, period), now),
        };
        u32::try_from(available.max(0)).unwrap()
    }

    /// The first instant after `now` at which a permit is to be had, found by trying each.
    pub(crate) fn next_permit(&self, limit: &Limit, now: Timestamp) -> Timestamp {
        let mut at = now.as_millisecond() + 1;
        while self.available(limit, Timestamp::from_millisecond(at).unwrap()) == 0 {
            at += 1;
        }
        Timestamp::from_millisecond(at).unwrap()
    }

    /// How many permits were granted from `from` on and before `to`.
    pub(crate) fn between(&self, from: i64, to: i64) -> i64 {
        self.0.iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, permits)| permits).sum()
    }

    /// The instants of all grants.
    pub(crate) fn instants(&self) -> impl Iterator<Item = i64> {
        self.0.iter().map(|(at, _)| *at)
    }

    fn in_window(&self, period: i64, window: i64) -> i64 {
        self.between(window * period, (window + 1) * period)
    }

    /// A bucket never gives more than it holds and gains since any instant.
    fn tokens(&self, quota: i64, interval: i64, now: i64) -> i64 {
        let since = |from: i64| quota + (now - from) / interval - self.between(from, now + 1);
        self.instants().map(since).min().unwrap_or(quota).min(quota)
    }
}

/// The whole milliseconds in which a bucket gains a token.
pub(crate) fn interval(quota: i64, period: i64) -> i64 {
    (1..=period).find(|interval| interval * quota >= period).unwrap()
}
