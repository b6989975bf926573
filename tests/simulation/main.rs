//! S1: lists of operations with faults, drawn from a seed, run against the real functions on the fault store, with virtual time and
//! seeded randomness. Requests come at once, and the seed says which goes on; calls fail, lose their answers or hang, processes die at
//! any of their awaits, time jumps. Against a model, and against DESIGN's invariants I1 to I6: `docs/SIMULATION.md`.
//!
//! A failing seed prints itself and the steps that it takes; `COUNTERSIGN_SIMULATION_SEED=<seed> just simulation` runs it again.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod attempts;
mod check;
mod erasure;
mod errand;
mod events;
mod expectation;
mod history;
mod interleaving;
mod invariant;
mod ladder;
mod operation;
mod passed_on;
mod plan;
mod planted;
mod runner;
mod sessions;
mod simulation;
mod watch;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::invariant::Invariant;
use crate::planted::Bug;
use crate::runner::{Failure, Runner};
use crate::simulation::Reached;

/// How many lists a run of the tests draws.
const SEEDS: u64 = 10_000;

#[test]
fn s1_the_invariants_hold_for_every_list_of_operations() {
    let runner = Runner::new(None);
    let seeds = seeds();
    let next = AtomicU64::new(seeds.start);
    let run = || {
        let mut reached = BTreeSet::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return Ok(reached);
            }
            reached.extend(runner.run(seed).inspect_err(|_| next.store(seeds.end, Ordering::Relaxed))?);
        }
    };

    let ran: Vec<Result<BTreeSet<Reached>, Failure>> = thread::scope(|scope| {
        let threads = thread::available_parallelism().unwrap().get();
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });

    let stories: Vec<String> = ran.iter().filter_map(|ran| Some(ran.as_ref().err()?.story())).collect();
    assert!(stories.is_empty(), "{}", stories.join("\n"));
    let reached: BTreeSet<Reached> = ran.into_iter().flat_map(Result::unwrap).collect();
    let missed: Vec<Reached> = Reached::ALL.into_iter().filter(|reach| !reached.contains(reach)).collect();
    assert!(missed.is_empty() || seeds.end - seeds.start < SEEDS, "no list came to {missed:?}");
}

#[test]
fn s1_a_seed_repeats_itself_to_the_letter() {
    for seed in (0..REPEATED).rev() {
        let traces = [Runner::new(None), Runner::new(None)].map(|runner| runner.trace(seed).unwrap());
        assert!(!traces[0].is_empty());
        assert_eq!(traces[0], traces[1], "seed {seed}");
    }
}

#[test]
fn s1_finds_check_then_set_idempotency() {
    finds(Bug::LooksBeforeItOpens, Invariant::ComparisonsAreLimited);
}

#[test]
fn s1_finds_an_attempt_counted_after_comparing() {
    finds(Bug::CountsAfterComparing, Invariant::ComparisonsAreLimited);
}

#[test]
fn s1_finds_a_completion_without_its_condition() {
    finds(Bug::CompletesWithoutCondition, Invariant::SucceedsOnce);
}

#[test]
fn s1_finds_a_refund_without_a_reservation() {
    finds(Bug::RefundsWithoutReserving, Invariant::ComparisonsAreLimited);
}

#[test]
fn s1_finds_an_event_after_its_answer() {
    finds(Bug::RecordsAfterAnswering, Invariant::OutcomesHaveEvents);
}

#[test]
fn s1_finds_a_revocation_that_is_forgotten() {
    finds(Bug::ForgetsToRevoke, Invariant::RevokedStaysRevoked);
}

#[test]
fn s1_finds_the_key_of_an_erased_person() {
    finds(Bug::KeepsTheKey, Invariant::ErasedIsGone);
}

/// The bug violates this invariant before any other, in one of the first seeds.
fn finds(bug: Bug, invariant: Invariant) {
    let runner = Runner::new(Some(bug));
    let failure = (0..FOUND_WITHIN).find_map(|seed| runner.run(seed).err());
    let failure = failure.unwrap_or_else(|| panic!("{bug:?} is not found within {FOUND_WITHIN} seeds"));
    assert_eq!(failure.violation.invariant, invariant, "{bug:?}: {}", failure.story());
}

#[expect(clippy::disallowed_methods, reason = "which seeds to run is the tester's to say, not the service's")]
fn seeds() -> Range<u64> {
    let number = |name| std::env::var(name).ok().map(|number| number.parse::<u64>().expect(name));
    match number("COUNTERSIGN_SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("COUNTERSIGN_SIMULATION_SEEDS").unwrap_or(SEEDS),
    }
}

/// Within so many seeds each planted bug is found.
const FOUND_WITHIN: u64 = 10;

const REPEATED: u64 = 20;
