//! When each iteration is intended to start.

use std::time::Duration;

/// A plan of starts. In an open loop they do not depend on when earlier answers came, so that a slow answer delays no
/// later request and hides in no latency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// As soon as a connection's last answer is there.
    Closed {
        /// When it ends.
        end: End,
    },
    /// One after another at these rates.
    Open {
        /// In order.
        phases: Vec<Phase>,
    },
}

/// When a closed loop ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// After this long.
    After(Duration),
    /// After so many iterations.
    Count(u64),
}

/// So many starts at one rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Phase {
    /// In a second; not 0.
    pub(crate) rate: u32,
    /// How many.
    pub(crate) count: u64,
}

impl Schedule {
    /// One rate.
    pub(crate) fn steady(rate: u32, end: End) -> Self {
        let count = match end {
            End::After(duration) => starts(rate, duration),
            End::Count(count) => count,
        };
        Self::Open { phases: vec![Phase { rate, count }] }
    }

    /// A rate, ten times the rate in the middle fifth of the time, the rate again.
    pub(crate) fn burst(rate: u32, duration: Duration) -> Self {
        let burst = duration / 5;
        let around = Phase { rate, count: starts(rate, duration.saturating_sub(burst) / 2) };
        let peak = rate.saturating_mul(BURST);
        Self::Open { phases: vec![around, Phase { rate: peak, count: starts(peak, burst) }, around] }
    }

    /// How many iterations there will be, if that is known.
    pub(crate) fn count(&self) -> Option<u64> {
        match self {
            Self::Closed { end: End::After(_) } => None,
            Self::Closed { end: End::Count(count) } => Some(*count),
            Self::Open { phases } => Some(phases.iter().map(|phase| phase.count).sum()),
        }
    }

    /// How long it takes if every start is on time, if that is known.
    pub(crate) fn duration(&self) -> Option<Duration> {
        match self {
            Self::Closed { end: End::After(duration) } => Some(*duration),
            Self::Closed { end: End::Count(_) } => None,
            Self::Open { phases } => Some(phases.iter().map(|phase| spacing(phase.rate, phase.count)).sum()),
        }
    }

    /// How long after the beginning an iteration is intended to start; `None` in a closed loop.
    pub(crate) fn intended(&self, iteration: u64) -> Option<Duration> {
        let Self::Open { phases } = self else { return None };
        let (mut before, mut left) = (Duration::ZERO, iteration);
        let mut phases = phases.iter().peekable();
        while let Some(phase) = phases.next() {
            if left < phase.count || phases.peek().is_none() {
                return Some(before + spacing(phase.rate, left));
            }
            before += spacing(phase.rate, phase.count);
            left -= phase.count;
        }
        None
    }
}

/// How long so many starts take, to the nanosecond however many they are.
fn spacing(rate: u32, starts: u64) -> Duration {
    let rate = u64::from(rate.max(1));
    let rest = (starts % rate) * 1_000_000_000 / rate;
    Duration::from_secs(starts / rate) + Duration::from_nanos(rest)
}

/// How many starts fit.
fn starts(rate: u32, duration: Duration) -> u64 {
    u64::try_from(u128::from(rate) * duration.as_nanos() / 1_000_000_000).unwrap_or(u64::MAX)
}

/// How much more a burst is than what is around it.
const BURST: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intended_start_depends_on_nothing_but_its_number() {
        let schedule = Schedule::steady(2_000, End::After(Duration::from_secs(60)));

        assert_eq!(schedule.count(), Some(120_000));
        assert_eq!(schedule.intended(0), Some(Duration::ZERO));
        assert_eq!(schedule.intended(1), Some(Duration::from_micros(500)));
        assert_eq!(schedule.intended(119_999), Some(Duration::from_nanos(59_999_500_000)));
    }

    #[test]
    fn a_rate_that_divides_no_second_does_not_drift() {
        let schedule = Schedule::steady(4_321, End::Count(u64::MAX));

        for second in [1, 60, 3_600, 1_000_000] {
            assert_eq!(schedule.intended(4_321 * second), Some(Duration::from_secs(second)));
        }
        assert_eq!(schedule.intended(4_320), Some(Duration::from_nanos(4_320_000_000_000 / 4_321)));
    }

    #[test]
    fn a_burst_is_ten_times_the_rate_in_the_middle() {
        let schedule = Schedule::burst(100, Duration::from_secs(30));

        assert_eq!(schedule.count(), Some(1_200 + 6_000 + 1_200));
        assert_eq!(schedule.duration(), Some(Duration::from_secs(30)));
        let starts: Vec<Duration> = (0..8_400).map(|iteration| schedule.intended(iteration).unwrap()).collect();
        let in_second = |second| starts.iter().filter(|start| (second..second + 1).contains(&start.as_secs())).count();
        assert_eq!([in_second(11), in_second(12), in_second(17), in_second(18)], [100, 1_000, 1_000, 100]);
        assert!(starts.is_sorted());
    }

    #[test]
    fn a_closed_loop_intends_no_start() {
        let schedule = Schedule::Closed { end: End::After(Duration::from_secs(1)) };

        assert_eq!((schedule.intended(3), schedule.count()), (None, None));
    }
}
