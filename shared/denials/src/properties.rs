//! What sampling holds, whatever comes.

use std::collections::HashMap;
use std::time::Duration;

use audit::Denial;
use domain::{Route, TenantId};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::sampler::{Decision, Kind, ONE_IN, Sampler};

/// One refusal of one of four kinds, some time after the one before, and what becomes of its event.
#[derive(Debug, Clone, Copy)]
struct Step {
    kind: usize,
    after: Duration,
    fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Recorded,
    /// Recorded, and taken back all the same, since nobody learnt that.
    AnswerLost,
    Lost,
    /// There is no event.
    NoEntropy,
}

/// An event: which refusal it is about, and how many it carries besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Recorded {
    refusal: usize,
    kind: usize,
    at: Timestamp,
    suppressed: u32,
}

const PAUSE: Duration = Duration::from_secs(5);

fn kinds() -> [Kind; 4] {
    let tenant = Some(TenantId::from_keyed_bytes([1; 16]));
    let other = Some(TenantId::from_keyed_bytes([2; 16]));
    [
        Kind { tenant, route: Some(Route::Status), denial: Denial::Forbidden },
        Kind { tenant, route: Some(Route::Status), denial: Denial::RateLimited },
        Kind { tenant: other, route: Some(Route::Status), denial: Denial::Forbidden },
        Kind { tenant: None, route: None, denial: Denial::Unauthenticated },
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let fate = prop_oneof![
        6 => Just(Fate::Recorded), 1 => Just(Fate::AnswerLost), 1 => Just(Fate::Lost), 1 => Just(Fate::NoEntropy)
    ];
    let after = prop_oneof![Just(0), 0..2_000_u64, 0..90_000_u64].prop_map(Duration::from_millis);
    let step = (0..4_usize, after, fate).prop_map(|(kind, after, fate)| Step { kind, after, fate });
    proptest::collection::vec(step, 0..200)
}

/// What is recorded in the end, in its order, once a refusal of each kind has come long after and was recorded.
fn run(steps: &[Step]) -> Vec<Recorded> {
    let mut sampler = Sampler::new(4);
    let mut recorded: Vec<Recorded> = Vec::new();
    let mut now = Timestamp::UNIX_EPOCH;
    let last = |kind| [Step { kind, after: ONE_IN, fate: Fate::Recorded }; 2];
    for (refusal, step) in steps.iter().copied().chain((0..4).flat_map(last)).enumerate() {
        now += step.after;
        let kind = kinds()[step.kind];
        let event = match sampler.decide(kind, now) {
            Decision::Count => continue,
            Decision::Record { suppressed } if step.fate == Fate::NoEntropy => {
                sampler.take_back_count(kind, suppressed, now, PAUSE);
                continue;
            }
            Decision::Record { suppressed } => Recorded { refusal, kind: step.kind, at: now, suppressed },
            Decision::RecordAgain(event) => event,
        };
        let is_new = !recorded.iter().any(|known| known.refusal == event.refusal);
        if is_new && matches!(step.fate, Fate::Recorded | Fate::AnswerLost) {
            recorded.push(event);
        }
        if step.fate != Fate::Recorded {
            sampler.take_back(kind, event, now, PAUSE);
        }
    }
    recorded
}

proptest! {
    #[test]
    fn every_refusal_is_recorded_or_counted_by_one_that_is(steps in steps()) {
        let mut refusals = HashMap::from([(0, 2), (1, 2), (2, 2), (3, 2)]);
        for step in &steps {
            *refusals.entry(step.kind).or_insert(0) += 1;
        }

        let mut told = HashMap::new();
        for event in run(&steps) {
            *told.entry(event.kind).or_insert(0) += 1 + event.suppressed;
        }

        prop_assert_eq!(told, refusals);
    }

    #[test]
    fn of_each_kind_at_most_one_a_minute_is_recorded(steps in steps()) {
        let mut latest: HashMap<usize, Timestamp> = HashMap::new();
        let mut recorded = run(&steps);
        recorded.sort_unstable_by_key(|event| event.at);

        for event in recorded {
            if let Some(before) = latest.insert(event.kind, event.at) {
                prop_assert!(event.at.duration_since(before).unsigned_abs() >= ONE_IN, "{:?}", event);
            }
        }
    }

    #[test]
    fn the_first_refusal_of_a_kind_is_recorded_at_once(steps in steps()) {
        let steps: Vec<Step> = steps.into_iter().map(|step| Step { fate: Fate::Recorded, ..step }).collect();
        let recorded = run(&steps);

        for kind in 0..4 {
            let first = steps.iter().position(|step| step.kind == kind);
            let told = recorded.iter().find(|event| event.kind == kind).map(|event| (event.refusal, event.suppressed));
            prop_assert!(first.is_none() || told == first.map(|first| (first, 0)), "{:?}", told);
        }
    }
}
