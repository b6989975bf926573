//! Faults, planned by port and by how many calls of it are still to come.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use store::StoreErrorKind;

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails and has no effect.
    FailBefore(StoreErrorKind),
    /// It takes effect, and its answer is lost.
    FailAfter(StoreErrorKind),
    /// It takes effect after all that others can do meanwhile.
    Late,
    /// It has no effect and never answers; only dropping it ends it.
    HangBefore,
    /// It takes effect and never answers; only dropping it ends it.
    HangAfter,
}

/// A plan of faults. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Planned>>>);

#[derive(Debug)]
struct Planned {
    port: String,
    calls_to_come: usize,
    fault: Fault,
}

impl Faults {
    /// Plans a fault for the `nth` call of `port` from now on, the first being 1. The port is named as in its errors, for
    /// example `ClaimAttempt`; a name that no port has shows in [`Faults::still_planned`].
    pub fn plan(&self, port: &str, nth: usize, fault: Fault) {
        self.planned().push(Planned { port: port.to_owned(), calls_to_come: nth, fault });
    }

    /// How many planned faults have not happened. A test that injects faults ends by asserting zero.
    #[must_use]
    pub fn still_planned(&self) -> usize {
        self.planned().len()
    }

    /// Forgets the plan.
    pub fn clear(&self) {
        self.planned().clear();
    }

    /// Counts a call of `port`; gives the fault planned for it.
    #[must_use]
    pub fn strike(&self, port: &str) -> Option<Fault> {
        let mut planned = self.planned();
        for plan in planned.iter_mut().filter(|plan| plan.port == port) {
            plan.calls_to_come = plan.calls_to_come.saturating_sub(1);
        }
        let due = planned.iter().position(|plan| plan.port == port && plan.calls_to_come == 0)?;
        Some(planned.remove(due).fault)
    }

    fn planned(&self) -> MutexGuard<'_, Vec<Planned>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
