//! How long something takes, from the two figures that are published or measured of it.

use std::time::Duration;

use crate::Random;

/// A log-normal distribution, given by its median and its 99th percentile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    median_seconds: f64,
    sigma: f64,
}

impl Latency {
    /// From the median and the 99th percentile, in milliseconds. A percentile that is not above the median makes it constant.
    #[must_use]
    pub fn of_milliseconds(median: f64, p99: f64) -> Self {
        let sigma = if p99 > median { (p99 / median).ln() / Z99 } else { 0.0 };
        Self { median_seconds: median / 1_000.0, sigma }
    }

    /// One of them.
    pub fn sample(&self, random: &mut Random) -> Duration {
        if self.sigma == 0.0 {
            return self.median();
        }
        Duration::from_secs_f64(self.median_seconds * (self.sigma * random.normal()).exp())
    }

    /// Half of them are shorter.
    #[must_use]
    pub fn median(&self) -> Duration {
        Duration::from_secs_f64(self.median_seconds)
    }
}

/// 99 % of a standard normal distribution are below.
const Z99: f64 = 2.326_347_874;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_are_below_the_median_and_one_in_a_hundred_above_the_99th_percentile() {
        let latency = Latency::of_milliseconds(4.0, 10.0);
        let mut random = Random::seeded(1);

        let sampled: Vec<f64> = (0..100_000).map(|_| latency.sample(&mut random).as_secs_f64() * 1_000.0).collect();

        let share = |limit: f64| sampled.iter().filter(|sample| **sample < limit).count();
        assert!((49_500..50_500).contains(&share(4.0)), "{}", share(4.0));
        assert!((98_900..99_100).contains(&share(10.0)), "{}", share(10.0));
    }

    #[test]
    fn equal_figures_make_a_constant() {
        let latency = Latency::of_milliseconds(4.0, 4.0);

        assert_eq!(latency.sample(&mut Random::seeded(1)), Duration::from_millis(4));
    }
}
