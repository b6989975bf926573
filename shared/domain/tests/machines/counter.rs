//! A counter grants what the history of all grants allows, no more and no less.

use std::time::Duration;

use domain::{Algorithm, Drawn, Level, Limit};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::history::{History, interval};
use crate::{Kept, any_algorithm, at, limit, permits, retry_after};

fn any_limit() -> impl Strategy<Value = Limit> {
    (any_algorithm(), 1..40u32, 1..1_500u64).prop_map(|(algorithm, quota, period)| limit(algorithm, quota, period))
}

/// Milliseconds since the draw before, and how many permits are drawn: often at once, sometimes after a long time.
fn any_draws() -> impl Strategy<Value = Vec<(i64, u32)>> {
    let pause = prop_oneof![3 => Just(0), 5 => 1..60i64, 2 => 60..1_000i64, 1 => 1_000..4_000i64];
    prop::collection::vec((pause, prop_oneof![3 => Just(1u32), 1 => 1..60u32]), 1..120)
}

/// Draws in turn; gives each draw's instant, what was asked for, and what came of it, with the history before it.
fn follow(limit: Limit, draws: &[(i64, u32)]) -> Vec<(Timestamp, u32, Drawn, History)> {
    let (mut kept, mut history, mut now) = (Kept::new(limit), History::default(), at(0));
    let step = |(pause, asked): &(i64, u32)| {
        now += Duration::from_millis(u64::try_from(*pause).unwrap());
        let outcome = kept.draw(*asked, now);
        let before = history.clone();
        history.add(now, permits(outcome));
        (now, *asked, outcome, before)
    };
    draws.iter().map(step).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a4_a_bucket_never_gives_more_than_it_held_and_gained(
        quota in 1..40u32, period in 1..1_500i64, draws in any_draws(),
    ) {
        let limit = limit(Algorithm::TokenBucket, quota, period.unsigned_abs());
        let Some((_, _, _, history)) = follow(limit, &draws).pop() else { return Ok(()) };

        let quota = i64::from(quota);
        for from in history.instants() {
            for to in history.instants().filter(|to| *to >= from) {
                let gained = (to - from) / interval(quota, period);
                prop_assert!(history.between(from, to + 1) <= quota + gained);
            }
        }
    }

    #[test]
    fn a7_a_refused_one_is_told_the_first_instant_of_a_permit(limit in any_limit(), draws in any_draws()) {
        for (now, _, drawn, history) in follow(limit, &draws) {
            if let Some(retry_after) = retry_after(drawn) {
                prop_assert_eq!(now + retry_after, history.next_permit(&limit, now));
            }
        }
    }
}

proptest! {
    #[test]
    fn a4_every_draw_comes_to_what_the_history_allows(limit in any_limit(), draws in any_draws()) {
        for (now, asked, drawn, history) in follow(limit, &draws) {
            let available = history.available(&limit, now);

            prop_assert_eq!(permits(drawn), available.min(asked));
            if let Drawn::Granted { permits, remaining, .. } = drawn {
                prop_assert_eq!(remaining, available - permits);
            }
        }
    }

    #[test]
    fn a4_no_window_exceeds_the_quota(quota in 1..40u32, period in 1..1_500i64, draws in any_draws()) {
        for algorithm in [Algorithm::FixedWindow, Algorithm::SlidingWindow] {
            let limit = limit(algorithm, quota, period.unsigned_abs());
            let Some((_, _, _, history)) = follow(limit, &draws).pop() else { return Ok(()) };

            for now in history.instants() {
                let start = now - now.rem_euclid(period);
                prop_assert!(history.between(start, start + period) <= i64::from(quota));
            }
        }
    }

    /// The stated error of the sliding window: however unevenly requests come, two quotas in any period; evenly, none.
    #[test]
    fn a4_no_period_exceeds_two_quotas_of_a_sliding_window(
        quota in 1..40u32, period in 1..1_500i64, draws in any_draws(),
    ) {
        let limit = limit(Algorithm::SlidingWindow, quota, period.unsigned_abs());
        let Some((_, _, _, history)) = follow(limit, &draws).pop() else { return Ok(()) };

        for now in history.instants() {
            prop_assert!(history.between(now + 1 - period, now + 1) <= 2 * i64::from(quota));
        }
    }

    /// The whole quota is there for the taking, whatever the rounding.
    #[test]
    fn a4_a_quota_is_to_be_had_one_by_one(limit in any_limit()) {
        let mut kept = Kept::new(limit);

        let granted = (0..=limit.quota.get()).map(|_| permits(kept.draw(1, at(7)))).sum::<u32>();

        prop_assert_eq!(granted, limit.quota.get());
    }

    /// Clocks that disagree never widen a window: what one has entered is the window of all.
    #[test]
    fn a4_clocks_that_disagree_share_a_window(
        algorithm in prop_oneof![Just(Algorithm::FixedWindow), Just(Algorithm::SlidingWindow)],
        quota in 1..20u32,
        draws in prop::collection::vec((0..200i64, 0..900i64, 1..9u32), 1..150),
    ) {
        let mut kept = Kept::new(limit(algorithm, quota, 1_000));
        let (mut now, mut in_window, mut window) = (0, 0, None);
        for (pause, behind, asked) in draws {
            now += pause;
            let granted = permits(kept.draw(asked, at(now - behind)));
            let Some(Level::Windows { start, current, .. }) = kept.counter.as_ref().map(|counter| counter.level) else {
                return Err(TestCaseError::fail("no window"));
            };

            prop_assert!(window.is_none_or(|before| before <= start));
            in_window = if window == Some(start) { in_window + granted } else { granted };
            window = Some(start);
            prop_assert_eq!(current, in_window);
            prop_assert!(in_window <= quota);
        }
    }

    /// So a store may delete it by then, and not before.
    #[test]
    fn a6_a_spent_counter_is_as_good_as_none(
        limit in any_limit(), draws in any_draws(), penalised in any::<bool>(),
    ) {
        let penalty = if penalised { domain::Penalty::Escalating } else { domain::Penalty::None };
        let mut kept = Kept::new(Limit { penalty, ..limit });
        let mut cleared = kept.clone();
        let mut now = at(0);
        for (pause, asked) in draws {
            now += Duration::from_millis(u64::try_from(pause).unwrap());
            if cleared.counter.as_ref().is_some_and(|counter| counter.spent_at(&limit) <= now) {
                cleared.counter = None;
            }

            prop_assert_eq!(kept.draw(asked, now), cleared.draw(asked, now));
        }
    }
}

#[test]
fn the_permits_of_a_window_may_be_used_to_its_end_and_those_of_a_bucket_for_ever() {
    for (algorithm, end) in [
        (Algorithm::FixedWindow, Some(at(1_000))),
        (Algorithm::SlidingWindow, Some(at(1_000))),
        (Algorithm::TokenBucket, None),
    ] {
        let drawn = Kept::new(limit(algorithm, 9, 1_000)).draw(4, at(300));

        assert_eq!(drawn, Drawn::Granted { permits: 4, remaining: 5, until: end });
    }
}

#[test]
fn an_unused_counter_is_spent_when_its_level_no_longer_counts() {
    for (algorithm, spent) in [
        (Algorithm::FixedWindow, at(1_000)),
        (Algorithm::SlidingWindow, at(2_000)),
        (Algorithm::TokenBucket, at(1_400)),
    ] {
        let limit = limit(algorithm, 10, 1_000);
        let mut kept = Kept::new(limit);
        kept.draw(1, at(300));

        assert_eq!(kept.counter.unwrap().spent_at(&limit), spent, "{algorithm:?}");
    }
}

#[test]
fn a_policy_that_changes_finds_old_counters_and_begins_anew() {
    for before in [Algorithm::FixedWindow, Algorithm::SlidingWindow, Algorithm::TokenBucket] {
        let mut kept = Kept::new(limit(before, 5, 1_000));
        kept.draw(5, at(0));
        let bucket = before == Algorithm::TokenBucket;
        kept.limit = limit(if bucket { Algorithm::FixedWindow } else { Algorithm::TokenBucket }, 5, 1_000);

        assert_eq!(permits(kept.draw(9, at(1))), 5, "{before:?}");
    }
}

#[test]
fn a_quota_that_is_lowered_below_what_is_used_refuses_until_it_fits() {
    for algorithm in [Algorithm::FixedWindow, Algorithm::SlidingWindow, Algorithm::TokenBucket] {
        let mut kept = Kept::new(limit(algorithm, 100, 1_000));
        kept.draw(100, at(0));
        kept.limit = limit(algorithm, 10, 1_000);

        let refused = kept.draw(1, at(10));

        let wait = retry_after(refused).unwrap();
        assert_eq!(permits(kept.clone().draw(1, at(10) + wait)), 1, "{algorithm:?}");
        assert_eq!(permits(kept.draw(1, at(9) + wait)), 0, "{algorithm:?}");
    }
}
