//! A6: a client that stays below its limit is never refused, let alone timed out.

use domain::{Algorithm, Limit, Penalty};
use proptest::prelude::*;

use crate::{Kept, any_algorithm, at, limit, permits};

/// How many of 4,000 requests, `interval` milliseconds apart, are refused.
fn refused(limit: Limit, phase: i64, interval: i64) -> usize {
    let mut kept = Kept::new(Limit { penalty: Penalty::Escalating, ..limit });
    (0..4_000).filter(|number| permits(kept.draw(1, at(phase + number * interval))) == 0).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a6_a_steady_client_just_below_its_limit_is_never_refused(
        algorithm in any_algorithm(), quota in 1..300u32, period in 1..60_000i64, phase in 0..60_000i64,
    ) {
        let slightly_longer_than_its_share = period / i64::from(quota) + 1;

        let refused = refused(limit(algorithm, quota, period.unsigned_abs()), phase, slightly_longer_than_its_share);

        prop_assert_eq!(refused, 0);
    }

    /// Real clients are late now and then, and then catch up.
    #[test]
    fn a6_nor_is_one_that_is_late_now_and_then(
        quota in 10..300u32, phase in 0..60_000i64, late in prop::collection::vec(0..100i64, 400..2_000),
    ) {
        let limit = Limit { penalty: Penalty::Escalating, ..limit(Algorithm::SlidingWindow, quota, 60_000) };
        let mut kept = Kept::new(limit);
        let interval = 60_000 / i64::from(quota - 3);
        for (number, late) in (0..).zip(late) {
            let now = at(phase + number * interval + late * interval / 100);

            prop_assert_eq!(permits(kept.draw(1, now)), 1);
        }
    }

    /// And one that exceeds it is refused just what is too much.
    #[test]
    fn a6_one_at_twice_the_limit_gets_half_of_what_it_asks(algorithm in any_algorithm(), quota in 20..200u32) {
        let mut kept = Kept::new(limit(algorithm, quota, 10_000));
        let interval = 5_000 / i64::from(quota);

        let granted: u32 = (0..20 * i64::from(quota)).map(|number| permits(kept.draw(1, at(number * interval)))).sum();

        // Ten windows of requests; a bucket begins full.
        let windows = u32::try_from(20 * i64::from(quota) * interval / 10_000).unwrap();
        prop_assert!((quota * (windows - 1)..=quota * (windows + 2)).contains(&granted), "{} of {}", granted, quota);
    }
}
