//! Violations: from the third within 24 hours on, time out for 30 minutes, 2 hours, 24 hours.

use std::time::Duration;

use domain::{Algorithm, Drawn, Limit, Penalty, Violations};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::{Kept, any_algorithm, at, limit, permits, retry_after};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

fn penalised(algorithm: Algorithm) -> Kept {
    Kept::new(Limit { penalty: Penalty::Escalating, ..limit(algorithm, 5, 60_000) })
}

/// Takes the quota at `now` and asks once more.
fn exceed(kept: &mut Kept, now: Timestamp) -> Drawn {
    assert_eq!(permits(kept.draw(5, now)), 5);
    kept.draw(1, now)
}

fn count(kept: &Kept) -> u8 {
    kept.counter.as_ref().and_then(|counter| counter.violations).map_or(0, |violations| violations.count)
}

#[test]
fn the_third_violation_costs_half_an_hour_then_two_then_a_day() {
    for algorithm in [Algorithm::FixedWindow, Algorithm::SlidingWindow, Algorithm::TokenBucket] {
        let mut kept = penalised(algorithm);
        for number in 0..2 {
            let refused = exceed(&mut kept, at(0) + 2 * MINUTE * number);
            assert!(retry_after(refused).unwrap() <= 2 * MINUTE, "{algorithm:?}");
        }
        let mut now = at(0) + 4 * MINUTE;
        for time_out in [MINUTE * 30, HOUR * 2, DAY] {
            assert_eq!(exceed(&mut kept, now), Drawn::Refused { retry_after: time_out }, "{algorithm:?}");
            now += time_out;
            let last = now - Duration::from_millis(1);
            assert_eq!(kept.draw(1, last), Drawn::Refused { retry_after: Duration::from_millis(1) }, "{algorithm:?}");
        }
        // By then the first one is more than a day ago, and all are forgotten.
        assert!(retry_after(exceed(&mut kept, now)).unwrap() <= 2 * MINUTE, "{algorithm:?}");
        assert_eq!(count(&kept), 1);
    }
}

#[test]
fn further_violations_of_the_day_cost_a_day_each() {
    let [window, now] = [at(60_000), at(60_001)];
    let mut violations = Violations::after_one_more(None, at(0), at(1), MINUTE);
    let counts: Vec<_> = (0..6)
        .map(|number| {
            let window = window + MINUTE * number;
            violations = Violations::after_one_more(violations, window, now, MINUTE);
            violations.map(|violations| (violations.count, violations.blocked_until))
        })
        .collect();

    let until = |time_out: Duration| Some(now + time_out);
    assert_eq!(
        counts,
        [
            Some((2, None)),
            Some((3, until(MINUTE * 30))),
            Some((4, until(HOUR * 2))),
            Some((5, until(DAY))),
            Some((6, until(DAY))),
            Some((7, until(DAY))),
        ]
    );
}

#[test]
fn however_often_it_is_refused_a_window_is_violated_once() {
    for algorithm in [Algorithm::FixedWindow, Algorithm::SlidingWindow, Algorithm::TokenBucket] {
        let mut kept = penalised(algorithm);
        exceed(&mut kept, at(0));

        for number in 0..100 {
            kept.draw(1, at(number));
        }

        assert_eq!(count(&kept), 1, "{algorithm:?}");
    }
}

#[test]
fn clocks_that_disagree_at_a_windows_end_violate_each_window_once() {
    let mut kept = penalised(Algorithm::SlidingWindow);
    exceed(&mut kept, at(59_990));

    for number in 0..50 {
        kept.draw(1, at(60_010 + number));
        kept.draw(1, at(59_940 + number));
    }

    assert_eq!(count(&kept), 2);
}

#[test]
fn violations_are_forgotten_a_day_after_the_first() {
    let mut kept = penalised(Algorithm::FixedWindow);
    exceed(&mut kept, at(0));
    exceed(&mut kept, at(0) + DAY - MINUTE);
    assert_eq!(count(&kept), 2);

    kept.draw(5, at(0) + DAY);
    assert_eq!(count(&kept), 0);
    kept.draw(1, at(0) + DAY);

    assert_eq!(count(&kept), 1);
}

#[test]
fn the_first_one_after_a_day_begins_anew_also_when_nothing_was_granted_since() {
    let first = Violations::after_one_more(None, at(0), at(1), MINUTE);
    let day_after = at(1) + DAY;

    let anew = Violations::after_one_more(first, at(0), day_after, MINUTE);

    assert_eq!(anew, Some(Violations { count: 1, since: day_after, window: at(0), blocked_until: None }));
}

#[test]
fn a_third_within_the_last_millisecond_of_the_day_still_counts() {
    let mut kept = penalised(Algorithm::FixedWindow);
    exceed(&mut kept, at(59_999));
    exceed(&mut kept, at(120_000));

    let last = at(59_999) + DAY - Duration::from_millis(1);

    assert_eq!(exceed(&mut kept, last), Drawn::Refused { retry_after: MINUTE * 30 });
}

#[test]
fn a_time_out_does_not_end_before_a_permit_is_to_be_had() {
    let mut kept = Kept::new(Limit { penalty: Penalty::Escalating, ..limit(Algorithm::FixedWindow, 5, 7_200_000) });
    let start = kept.limit.window_start(at(0));
    for number in 0..2 {
        exceed(&mut kept, start + HOUR * 2 * number);
    }

    let refused = exceed(&mut kept, start + HOUR * 4);

    assert_eq!(refused, Drawn::Refused { retry_after: HOUR * 2 });
    assert_eq!(permits(kept.draw(5, start + HOUR * 6)), 5);
}

#[test]
fn a_limit_without_penalty_remembers_no_violation() {
    let mut kept = Kept::new(limit(Algorithm::FixedWindow, 5, 60_000));

    for number in 0..9 {
        let refused = exceed(&mut kept, at(0) + MINUTE * number);
        assert_eq!(refused, Drawn::Refused { retry_after: MINUTE });
    }

    assert_eq!(count(&kept), 0);
}

proptest! {
    /// Whoever hammers day and night is let in again and again: at the latest a day after the latest violation.
    #[test]
    fn nobody_is_timed_out_for_ever(
        algorithm in any_algorithm(), pauses in prop::collection::vec(1..30u32, 200..600),
    ) {
        let mut kept = penalised(algorithm);
        let (mut now, mut latest_grant) = (at(0), at(0));
        for pause in pauses {
            now += MINUTE * pause;
            if permits(kept.draw(50, now)) > 0 {
                latest_grant = now;
            }

            // A day, and the half hour in which the hammer may fall next.
            prop_assert!(now.duration_since(latest_grant).unsigned_abs() <= DAY + HOUR);
        }
    }

    /// A time-out is neither longer nor shorter for what is asked while it lasts.
    #[test]
    fn asking_while_timed_out_changes_nothing(asked in prop::collection::vec(0..1_800_000i64, 1..50)) {
        let mut kept = penalised(Algorithm::FixedWindow);
        for number in 0..3 {
            exceed(&mut kept, at(0) + MINUTE * number);
        }
        let before = kept.counter.clone();

        for millis in asked.into_iter().map(|millis| Duration::from_millis(millis.unsigned_abs())) {
            let left = (MINUTE * 30).saturating_sub(millis);
            prop_assert_eq!(kept.draw(1, at(0) + MINUTE * 2 + millis), Drawn::Refused { retry_after: left });
        }

        prop_assert_eq!(kept.counter, before);
    }
}
