//! What all connections of a run share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::client::{Call, Calls, Users};
use crate::measure::{CpuTime, Pacer, Process, Recorder};
use crate::random::Random;
use crate::scenario::{Sample, Scenario};
use crate::schedule::Schedule;

/// What to do.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) scenario: Scenario,
    pub(crate) schedule: Schedule,
    pub(crate) users: Users,
    pub(crate) calls: Calls,
    /// Where to connect to.
    pub(crate) address: String,
    /// For each call.
    pub(crate) timeout: Duration,
    /// Verifications that each connection opens first.
    pub(crate) ahead: u64,
    /// Verifications to remember.
    pub(crate) sample: u64,
    /// Whose CPU time is told.
    pub(crate) processes: Vec<Process>,
}

/// The plan and what came of it.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) plan: Plan,
    pub(crate) pacer: Pacer,
    /// The request that a storm replays.
    pub(crate) storm: Call,
    /// The answer that all of a storm's have to be.
    pub(crate) storm_answer: OnceLock<Bytes>,
    recorder: Mutex<Recorder>,
    sample: Mutex<Sample>,
    began: OnceLock<Beginning>,
    granted: AtomicU64,
}

/// When the first iteration began.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) at: Instant,
    /// What each process had computed by then; `None` if there is none.
    pub(crate) cpu: Vec<Option<CpuTime>>,
}

impl Shared {
    /// Nothing has been done yet.
    ///
    /// # Errors
    /// That the machine has no thread for the pacer.
    pub(crate) fn new(plan: Plan) -> anyhow::Result<Self> {
        let mut random = Random::fresh();
        let user = plan.users.id(plan.users.right(&mut random));
        Ok(Self {
            storm: plan.calls.initiate(&mut random, user),
            storm_answer: OnceLock::new(),
            pacer: Pacer::start()?,
            recorder: Mutex::new(Recorder::new()?),
            sample: Mutex::new(Sample::of(plan.sample, plan.schedule.count())),
            began: OnceLock::new(),
            granted: AtomicU64::new(0),
            plan,
        })
    }

    /// Begins, unless it has.
    pub(crate) fn begin(&self) -> &Beginning {
        self.began.get_or_init(|| Beginning { at: Instant::now(), cpu: self.cpu() })
    }

    /// The beginning, if there was one.
    pub(crate) fn began(&self) -> Option<&Beginning> {
        self.began.get()
    }

    /// What each process has computed by now.
    pub(crate) fn cpu(&self) -> Vec<Option<CpuTime>> {
        self.plan.processes.iter().map(|process| process.cpu_time().ok()).collect()
    }

    /// What is known by now.
    pub(crate) fn recorder(&self) -> MutexGuard<'_, Recorder> {
        self.recorder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is remembered by now.
    pub(crate) fn sample(&self) -> MutexGuard<'_, Sample> {
        self.sample.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a limit that is used up may let another request in by now: a user's bucket fills up by one a second.
    pub(crate) fn refills(&self, at: Instant) -> bool {
        let since = at - self.begin().at;
        self.granted.fetch_add(1, Ordering::Relaxed) <= since.as_secs() + 1
    }
}
