//! What AWS limits a rate by: a token bucket.

use std::time::Duration;

/// Tokens that come at a rate and are kept up to a burst.
///
/// Over any time `t` it gives away at most `rate * t + burst`.
#[derive(Debug, Clone)]
pub struct TokenBucket {
    rate: f64,
    burst: f64,
    tokens: f64,
    since: Duration,
}

impl TokenBucket {
    /// A full bucket, with `rate` tokens a second.
    #[must_use]
    pub fn new(rate: f64, burst: f64) -> Self {
        Self { rate, burst, tokens: burst, since: Duration::ZERO }
    }

    /// One that never refuses.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::new(f64::INFINITY, f64::INFINITY)
    }

    /// Takes so many tokens, or none if there are fewer. `now` never goes back.
    pub fn take(&mut self, now: Duration, amount: f64) -> bool {
        self.fill(now);
        let enough = self.tokens >= amount;
        if enough {
            self.tokens -= amount;
        }
        enough
    }

    /// Takes so many tokens in any case, and says how long the taker has to wait for them, after all who took before.
    pub fn reserve(&mut self, now: Duration, amount: f64) -> Duration {
        self.fill(now);
        self.tokens -= amount;
        if self.tokens >= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(-self.tokens / self.rate) }
    }

    /// Makes the bucket larger and adds what it holds more.
    pub fn grow(&mut self, now: Duration, rate: f64, burst: f64) {
        self.fill(now);
        self.rate += rate;
        self.burst += burst;
        self.tokens += burst;
    }

    /// Tokens a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate
    }

    fn fill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.since).as_secs_f64();
        if self.rate.is_finite() {
            self.tokens = (self.tokens + self.rate * passed).min(self.burst);
        }
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_admits_exactly_its_rate_times_the_time_and_its_burst() {
        let mut bucket = TokenBucket::new(100.0, 50.0);

        let admitted = (0..=10_000).filter(|millisecond| bucket.take(Duration::from_millis(*millisecond), 1.0)).count();

        assert_eq!(admitted, 100 * 10 + 50);
    }

    #[test]
    fn a_bucket_that_was_not_used_holds_no_more_than_its_burst() {
        let mut bucket = TokenBucket::new(100.0, 50.0);

        let later = Duration::from_secs(60);

        assert!(bucket.take(later, 50.0));
        assert!(!bucket.take(later, 1.0));
    }

    #[test]
    fn who_reserves_waits_for_those_before() {
        let mut bucket = TokenBucket::new(100.0, 50.0);

        let waits = [50.0, 100.0, 100.0].map(|amount| bucket.reserve(Duration::ZERO, amount));

        assert_eq!(waits, [0, 1, 2].map(Duration::from_secs));
    }

    #[test]
    fn an_unlimited_bucket_refuses_nothing() {
        let mut bucket = TokenBucket::unlimited();

        assert!((0..10).all(|second| bucket.take(Duration::from_secs(second), 1e12)));
        assert_eq!(bucket.reserve(Duration::from_secs(9), 1e12), Duration::ZERO);
    }
}
