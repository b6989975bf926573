//! The lockout ladder: 5 → 15 minutes, 8 → 4 hours, 10 → 24 hours, then all are forgotten.

use std::time::Duration;

use domain::{FORGOTTEN_AFTER, Failures, LADDER, Reserving};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::at;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const INSTANT: Duration = Duration::from_millis(1);

/// What a store does: reserves a failure unless locked; says until when it is locked otherwise.
fn reserve(failures: &mut Failures, now: Timestamp) -> Result<(), Timestamp> {
    match failures.reserving(now) {
        Reserving::Locked(until) => return Err(until),
        Reserving::BeginsAnew => *failures = Failures::default().with(now),
        Reserving::Appends => *failures = std::mem::take(failures).with(now),
    }
    Ok(())
}

fn failed(number: usize, now: Timestamp) -> Failures {
    Failures::new(vec![now; number]).unwrap()
}

#[test]
fn v3_the_ladder_is_five_eight_ten() {
    assert_eq!(LADDER, [(5, MINUTE * 15), (8, HOUR * 4), (10, HOUR * 24)]);
    assert_eq!(FORGOTTEN_AFTER, HOUR * 24);
}

#[test]
fn v3_each_step_locks_from_its_failure_on_to_the_instant() {
    let mut failures = Failures::default();
    let mut now = at(0);
    for (step, duration) in [(5, MINUTE * 15), (8, HOUR * 4), (10, HOUR * 24)] {
        while failures.instants().len() < step {
            assert_eq!(failures.locked_until(now), None);
            now += INSTANT;
            assert_eq!(reserve(&mut failures, now), Ok(()));
        }
        let until = now + duration;
        assert_eq!(failures.lock_by_latest(), Some(until));
        for locked in [now, now + duration / 2, until - INSTANT] {
            assert_eq!(failures.locked_until(locked), Some(until));
            assert_eq!(reserve(&mut failures, locked), Err(until));
        }
        assert_eq!(failures.locked_until(until), None);
        now = until;
    }
    assert_eq!(failures.reserving(now), Reserving::BeginsAnew);
}

#[test]
fn v3_only_the_failure_that_locks_is_told_of() {
    let told: Vec<_> = (0..=10).filter(|number| failed(*number, at(0)).lock_by_latest().is_some()).collect();

    assert_eq!(told, [5, 8, 10]);
}

#[test]
fn v3_failures_are_forgotten_a_day_after_the_latest() {
    for number in [1, 4, 5, 7, 9] {
        let day_after = at(0) + FORGOTTEN_AFTER;
        let failures = failed(number, at(0));

        assert_eq!(failures.reserving(day_after - INSTANT), Reserving::Appends, "{number}");
        assert_eq!(failures.reserving(day_after), Reserving::BeginsAnew, "{number}");
    }
}

#[test]
fn v3_one_a_day_is_never_forgotten() {
    let mut failures = Failures::default();
    for number in 0..4 {
        reserve(&mut failures, at(0) + HOUR * 23 * number).unwrap();
    }

    reserve(&mut failures, at(0) + HOUR * 23 * 4).unwrap();

    assert_eq!(failures.instants().len(), 5);
    assert!(failures.locked_until(at(0) + HOUR * 23 * 4).is_some());
}

#[test]
fn v3_no_more_than_ten_are_ever_kept() {
    assert_eq!(Failures::new(vec![at(0); 11]), None);
    assert_eq!(failed(10, at(0)).reserving(at(0) + HOUR * 24), Reserving::BeginsAnew);
}

#[test]
fn v3_a_guesser_who_never_tires_gets_ten_guesses_in_28_hours() {
    let mut failures = Failures::default();
    let (mut now, mut guesses) = (at(0), 0);
    let end = at(0) + HOUR * 24 * 365;
    while now < end {
        match reserve(&mut failures, now) {
            Ok(()) => guesses += 1,
            Err(until) => now = until,
        }
    }

    // A ladder takes 28 hours and a quarter: 310 of them, and the first two steps of the next.
    assert_eq!(guesses, 310 * 10 + 8);
}

proptest! {
    /// What anybody can do without credentials, at any pace: the owner's next chance is never more than a day away.
    #[test]
    fn v3_nobody_locks_an_account_for_ever(pauses in prop::collection::vec(0..7_200u64, 1..400)) {
        let (mut failures, mut now) = (Failures::default(), at(0));
        for pause in pauses {
            now += Duration::from_secs(pause);
            let before = failures.clone();
            match reserve(&mut failures, now) {
                Err(until) => {
                    prop_assert!(now < until && until <= now + HOUR * 24);
                    prop_assert_eq!(&failures, &before);
                    prop_assert_ne!(failures.reserving(until), Reserving::Locked(until));
                }
                Ok(()) => prop_assert!(failures.instants().len() <= Failures::MOST),
            }
        }
    }

    /// The lock that a reservation brings about is the one that is found from then on, to its end.
    #[test]
    fn v3_a_lock_is_found_from_its_failure_to_its_end(pauses in prop::collection::vec(0..90_000u64, 1..100)) {
        let (mut failures, mut now) = (Failures::default(), at(0));
        let mut locked_until = None;
        for pause in pauses {
            now += Duration::from_secs(pause);
            let expected = locked_until.filter(|until| now < *until);
            prop_assert_eq!(reserve(&mut failures, now).err(), expected);
            if expected.is_none() {
                locked_until = failures.lock_by_latest();
            }
        }
    }

    /// Processes whose clocks disagree by less than a second lock as one.
    #[test]
    fn v3_clocks_that_disagree_lock_too(behind in prop::collection::vec(0..1_000u64, 5..40)) {
        let mut failures = Failures::default();
        let reserved = behind
            .iter()
            .filter(|millis| reserve(&mut failures, at(1_000) - Duration::from_millis(**millis)).is_ok())
            .count();

        prop_assert_eq!(reserved, 5);
    }
}
