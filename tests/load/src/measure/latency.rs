//! Latencies by how often they occurred.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// Latencies to three digits, from a microsecond to ten minutes.
#[derive(Debug, Clone)]
pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    /// None yet.
    ///
    /// # Errors
    /// Never with these bounds, but the library can't know.
    pub(crate) fn none() -> anyhow::Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, LONGEST_MICROSECONDS, 3)?))
    }

    /// One more. What is longer than ten minutes counts as ten.
    pub(crate) fn record(&mut self, latency: Duration) {
        self.0.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(LONGEST_MICROSECONDS));
    }

    /// All of another's, too.
    pub(crate) fn add(&mut self, other: &Self) {
        // Both have the same bounds, so that nothing is out of them.
        let _within_bounds = self.0.add(&other.0);
    }

    /// How many.
    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// The latency, in milliseconds, that this share of them does not exceed.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        float(self.0.value_at_quantile(share)) / 1_000.0
    }

    /// What tables tell.
    pub(crate) fn summary(&self) -> LatencySummary {
        LatencySummary {
            count: self.count(),
            mean_ms: self.0.mean() / 1_000.0,
            p50_ms: self.quantile(0.5),
            p95_ms: self.quantile(0.95),
            p99_ms: self.quantile(0.99),
            p999_ms: self.quantile(0.999),
            max_ms: float(self.0.max()) / 1_000.0,
        }
    }
}

/// Latencies in milliseconds; `p95_ms` is what 95 of 100 do not exceed.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct LatencySummary {
    pub(crate) count: u64,
    pub(crate) mean_ms: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p95_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
    pub(crate) max_ms: f64,
}

/// A count or a number of microseconds to compute with, exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "no run counts that far")]
pub(crate) const fn float(number: u64) -> f64 {
    number as f64
}

const LONGEST_MICROSECONDS: u64 = 600_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(milliseconds: impl Iterator<Item = u64>) -> Latencies {
        let mut latencies = Latencies::none().unwrap();
        milliseconds.for_each(|latency| latencies.record(Duration::from_millis(latency)));
        latencies
    }

    /// Three digits are kept.
    fn about(value: f64, expected: f64) -> bool {
        (value - expected).abs() <= expected / 1_000.0
    }

    #[test]
    fn a_percentile_is_what_so_many_do_not_exceed() {
        let summary = of(1..=1_000).summary();

        assert_eq!(summary.count, 1_000);
        assert!(about(summary.p50_ms, 500.0), "{summary:?}");
        assert!(about(summary.p95_ms, 950.0), "{summary:?}");
        assert!(about(summary.p99_ms, 990.0), "{summary:?}");
        assert!(about(summary.p999_ms, 999.0), "{summary:?}");
        assert!(about(summary.max_ms, 1_000.0) && about(summary.mean_ms, 500.5), "{summary:?}");
    }

    #[test]
    fn merging_is_as_if_all_had_been_recorded_in_one() {
        let (mut even, odd) = (of((2..=1_000).step_by(2)), of((1..=1_000).step_by(2)));

        even.add(&odd);

        let (merged, whole) = (even.summary(), of(1..=1_000).summary());
        assert_eq!(format!("{merged:?}"), format!("{whole:?}"));
    }

    #[test]
    fn an_outlier_is_kept_however_long() {
        let latencies = of([1, 3_600_000].into_iter());

        assert_eq!(latencies.count(), 2);
        assert!(about(latencies.summary().max_ms, 600_000.0), "{:?}", latencies.summary());
    }
}
