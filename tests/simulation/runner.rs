//! Running the list of a seed; and, when it fails, finding the steps that it takes.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio::runtime::{Builder, Runtime};

use crate::invariant::{Invariant, Violation};
use crate::operation::{Step, list};
use crate::planted::Bug;
use crate::simulation::{Prepared, Reached, Simulation};

/// What all seeds share.
pub(crate) struct Runner {
    prepared: Prepared,
    bug: Option<Bug>,
}

/// A list that violates nothing.
struct Ran {
    trace: Option<Vec<String>>,
    reached: BTreeSet<Reached>,
}

/// A seed whose list violates an invariant.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) seed: u64,
    pub(crate) violation: Violation,
    steps: Vec<Step>,
}

impl Runner {
    pub(crate) fn new(bug: Option<Bug>) -> Self {
        Self { prepared: runtime().block_on(Prepared::new()), bug }
    }

    /// Runs a seed's list.
    pub(crate) fn run(&self, seed: u64) -> Result<BTreeSet<Reached>, Failure> {
        Ok(self.run_with(seed, None)?.reached)
    }

    /// Runs a seed's list and tells what each step came to.
    pub(crate) fn trace(&self, seed: u64) -> Result<Vec<String>, Failure> {
        Ok(self.run_with(seed, Some(Vec::new()))?.trace.unwrap_or_default())
    }

    fn run_with(&self, seed: u64, trace: Option<Vec<String>>) -> Result<Ran, Failure> {
        let steps = list(seed);
        self.take(seed, &steps, trace).map_err(|violation| self.shrunk(Failure { seed, violation, steps }))
    }

    fn take(&self, seed: u64, steps: &[Step], trace: Option<Vec<String>>) -> Result<Ran, Violation> {
        runtime().block_on(async {
            let mut simulation = Simulation { trace, ..Simulation::new(&self.prepared, seed, self.bug) };
            let ran = AssertUnwindSafe(simulation.run(steps)).catch_unwind().await;
            let Simulation { trace, reached, .. } = simulation;
            ran.map(|()| Ran { trace, reached }).map_err(|panic| match panic.downcast::<Violation>() {
                Ok(violation) => *violation,
                Err(_) => Violation { invariant: Invariant::AsExpected, what: "the panic above".to_owned() },
            })
        })
    }

    /// Leaves out steps, first many at once, then one by one, as long as the same invariant is violated.
    fn shrunk(&self, failure: Failure) -> Failure {
        let Failure { seed, mut violation, mut steps } = failure;
        let mut chunk = steps.len() / 2;
        while chunk > 0 {
            let mut from = 0;
            while from < steps.len() {
                let mut fewer = steps.clone();
                fewer.drain(from..steps.len().min(from + chunk));
                match self.take(seed, &fewer, None) {
                    Err(other) if other.invariant == violation.invariant => (steps, violation) = (fewer, other),
                    _ => from += chunk,
                }
            }
            chunk /= 2;
        }
        Failure { seed, violation, steps }
    }
}

impl Failure {
    /// All that whoever has to find the mistake needs.
    pub(crate) fn story(&self) -> String {
        let mut story = format!("seed {} violates {}\nthese steps are enough:\n", self.seed, self.violation);
        for step in &self.steps {
            writeln!(story, "  {step:?}").unwrap();
        }
        writeln!(story, "COUNTERSIGN_SIMULATION_SEED={} just simulation runs it again", self.seed).unwrap();
        story
    }
}

/// Time is virtual, so that what hangs is over at once; and a list's is its own, so that it repeats itself.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}
