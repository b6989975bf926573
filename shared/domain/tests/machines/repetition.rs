//! A9: a draw that is repeated, because its answer was lost, counts once.

use domain::{Algorithm, Counter, Drawn};
use proptest::prelude::*;

use crate::{Kept, any_algorithm, at, id, limit, permits};

const ALGORITHMS: [Algorithm; 3] = [Algorithm::FixedWindow, Algorithm::SlidingWindow, Algorithm::TokenBucket];

proptest! {
    /// Repeating each draw any number of times within its window changes nothing about any other.
    #[test]
    fn a9_repeating_draws_changes_nothing(
        algorithm in any_algorithm(),
        draws in prop::collection::vec((1..9u32, 0..3usize), 1..40),
    ) {
        let mut once = Kept::new(limit(algorithm, 30, 1_000));
        let mut often = once.clone();
        for (number, (asked, repetitions)) in (0..).zip(draws) {
            let expected = once.repeat(asked, at(5), id(number));
            prop_assert_eq!(often.repeat(asked, at(5), id(number)), expected);
            for _ in 0..repetitions {
                prop_assert_eq!(often.repeat(asked, at(5), id(number)), expected);
            }

            prop_assert_eq!(&once.counter, &often.counter);
        }
    }
}

#[test]
fn a9_a_repeated_draw_is_known_until_four_others_were_granted() {
    assert_eq!(Counter::RECENT, 4);
    for algorithm in ALGORITHMS {
        let mut kept = Kept::new(limit(algorithm, 100, 1_000));
        kept.repeat(10, at(0), id(1));
        for number in 2..=4 {
            kept.repeat(1, at(0), id(number));
        }

        // It is given what it was granted, even where it asks for more now, and told what is left by now.
        let again = kept.repeat(50, at(0), id(1));
        kept.repeat(1, at(0), id(5));
        let forgotten = kept.repeat(10, at(0), id(1));

        assert!(matches!(again, Drawn::Granted { permits: 10, remaining: 87, .. }), "{algorithm:?}: {again:?}");
        assert!(matches!(forgotten, Drawn::Granted { permits: 10, remaining: 76, .. }), "{algorithm:?}: {forgotten:?}");
    }
}

#[test]
fn a9_a_draw_repeated_in_a_later_window_is_one_of_that_window() {
    for algorithm in [Algorithm::FixedWindow, Algorithm::SlidingWindow] {
        let mut kept = Kept::new(limit(algorithm, 10, 1_000));
        kept.repeat(10, at(999), id(1));

        let next = kept.repeat(10, at(2_000), id(1));
        let others = kept.repeat(10, at(2_000), id(2));

        assert_eq!((permits(next), permits(others)), (10, 0), "{algorithm:?}");
    }
}

#[test]
fn a9_a_repeated_draw_of_a_bucket_is_known_at_any_time() {
    let mut kept = Kept::new(limit(Algorithm::TokenBucket, 10, 1_000));
    kept.repeat(10, at(0), id(1));

    let again = kept.repeat(10, at(1_000), id(1));

    assert_eq!(again, Drawn::Granted { permits: 10, remaining: 10, until: None });
    assert_eq!(permits(kept.repeat(10, at(1_000), id(2))), 10);
}

#[test]
fn a9_a_refused_draw_is_not_remembered() {
    for algorithm in ALGORITHMS {
        let mut kept = Kept::new(limit(algorithm, 1, 1_000));
        kept.repeat(1, at(0), id(1));
        let before = kept.counter.clone();

        assert_eq!(permits(kept.repeat(1, at(0), id(2))), 0, "{algorithm:?}");

        assert_eq!(kept.counter, before, "{algorithm:?}");
        assert_eq!(permits(kept.repeat(1, at(3_000), id(2))), 1, "{algorithm:?}");
    }
}
