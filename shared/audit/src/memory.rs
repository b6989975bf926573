//! A sink for tests.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{Event, RecordError, RecordEvent};

/// Keeps events in memory, in the order in which they were recorded; fails and hangs when told.
#[derive(Debug, Default)]
pub struct MemorySink(Mutex<State>);

/// What a [`MemorySink`] does with the next events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Behaviour {
    /// Records them.
    #[default]
    Record,
    /// Records nothing and fails.
    Fail,
    /// Records them and fails, as if the answer were lost.
    LoseAnswer,
    /// Records nothing and never answers.
    Hang,
}

#[derive(Debug, Default)]
struct State {
    behaviour: Behaviour,
    events: Vec<Event>,
}

impl MemorySink {
    /// Sets what happens from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.state().behaviour = behaviour;
    }

    /// The events so far. An event that was recorded twice is there once, as it is in the audit table.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.state().events.clone()
    }

    /// Forgets the events so far.
    pub fn forget(&self) {
        self.state().events = Vec::new();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, event: &Event) -> Behaviour {
        let mut state = self.state();
        let records = matches!(state.behaviour, Behaviour::Record | Behaviour::LoseAnswer);
        if records && !state.events.iter().any(|known| known.id == event.id) {
            state.events.push(event.clone());
        }
        state.behaviour
    }
}

impl RecordEvent for MemorySink {
    async fn record_event(&self, event: &Event) -> Result<(), RecordError> {
        match self.record(event) {
            Behaviour::Record => Ok(()),
            Behaviour::Fail => Err(RecordError::new("told to fail")),
            Behaviour::LoseAnswer => Err(RecordError::new("told to lose the answer")),
            Behaviour::Hang => std::future::pending().await,
        }
    }
}
