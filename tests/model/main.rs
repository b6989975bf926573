//! Lists of operations with faults, drawn from a seed, run against the real functions on the fault store. Before each
//! operation a model looks at what is stored and says what must come of it; after it, DESIGN's invariants are held against
//! what was answered and what is stored by then, also where a fault or a dead process blurs the picture.
//!
//! A failure names its seed; `COUNTERSIGN_MODEL_SEED=<seed> just model` runs that one alone.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod attempts;
mod expectation;
mod ladder;
mod operation;
mod run;
mod sessions;

use run::Run;

/// How many lists a run of the tests draws.
const SEEDS: u64 = 600;

/// Time is virtual, so that a process that hangs is dead at once.
#[tokio::test(start_paused = true)]
async fn the_invariants_hold_for_every_list_of_operations() {
    for seed in seeds() {
        let mut run = Run::new(seed).await;
        for _ in 0..OPERATIONS {
            run.step().await;
        }
        run.conclude().await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the seed to run again is the tester's to give, not the service's")]
fn seeds() -> std::ops::Range<u64> {
    match std::env::var("COUNTERSIGN_MODEL_SEED") {
        Ok(seed) => {
            let seed = seed.parse().expect("COUNTERSIGN_MODEL_SEED is a number");
            seed..seed + 1
        }
        Err(_) => 0..SEEDS,
    }
}

const OPERATIONS: usize = 40;
