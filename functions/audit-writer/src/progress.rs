//! What has become of a batch so far.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::EventId;

/// The events that came through, from whichever shard: what may be acknowledged even if the time is over before the rest is done.
#[derive(Debug, Default)]
pub(crate) struct Progress(Mutex<HashMap<EventId, Novelty>>);

/// Whether an event was in the log before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Novelty {
    /// This delivery brought it.
    New,
    /// It was there.
    Known,
}

impl Progress {
    /// Adds events that are in the log and the index, and of whose opened verifications the reconcile queue knows.
    pub(crate) fn add(&self, events: impl IntoIterator<Item = (EventId, Novelty)>) {
        self.written().extend(events);
    }

    pub(crate) fn is_written(&self, event: EventId) -> bool {
        self.written().contains_key(&event)
    }

    pub(crate) fn new_events(&self) -> usize {
        self.written().values().filter(|novelty| **novelty == Novelty::New).count()
    }

    fn written(&self) -> MutexGuard<'_, HashMap<EventId, Novelty>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
