//! L1: lists of operations with faults, drawn from a seed, run against the real functions, and the whole way of their events
//! behind them: queue, outbox, drain, writer, log and reconciliation. Calls fail, lose their answers or hang, processes die at
//! any of their awaits, messages come twice, late and out of order. In the end, when everything has come to rest, what is stored
//! and what was answered correspond one to one to the events of the log.
//!
//! A failure names its seed and tells its story; `COUNTERSIGN_TRAIL_SEED=<seed>` runs that one alone.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod comparison;
mod ledger;
mod mortal;
mod operation;
mod pipeline;
mod simulation;

use std::thread;

use countersign_tests::World;
use simulation::Simulation;

use crate::mortal::Deaths;

/// How many lists a run of the tests draws.
const SEEDS: u64 = 10_000;

const THREADS: u64 = 2;

#[test]
fn l1_outcomes_and_stored_events_correspond_one_to_one() {
    if let Some(seed) = seed_to_replay() {
        run([seed].into_iter());
        return;
    }
    let threads: Vec<_> = (0..THREADS)
        .map(|first| thread::spawn(move || run((first..SEEDS).step_by(usize::try_from(THREADS).unwrap()))))
        .collect();

    let deaths = threads.into_iter().map(|thread| thread.join().expect("its seed is printed above"));
    let deaths = deaths.reduce(Deaths::and).unwrap();

    deaths.are_everywhere();
}

/// Time is virtual, so that what hangs is over at once.
fn run(seeds: impl Iterator<Item = u64>) -> Deaths {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    let mut deaths = Deaths::default();
    let empty = runtime.block_on(World::new());
    for seed in seeds {
        deaths = deaths.and(runtime.block_on(async {
            let mut simulation = Simulation::new(&empty, seed);
            simulation.run().await;
            simulation.conclude().await
        }));
    }
    deaths
}

#[expect(clippy::disallowed_methods, reason = "the seed to run again is the tester's to give, not the service's")]
fn seed_to_replay() -> Option<u64> {
    let seed = std::env::var("COUNTERSIGN_TRAIL_SEED").ok()?;
    Some(seed.parse().expect("COUNTERSIGN_TRAIL_SEED is a number"))
}
