//! A sink for tests.

use std::future::pending;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::EventId;
use tokio::time::timeout;

use crate::{Event, RecordError, RecordEvents, SendError, SendEvents};

/// Both ports of a sink: a queue, or a recorder without an outbox. Keeps events in memory, in the order in which they were recorded; fails and hangs when told.
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
    /// Records them after this time, unless nobody waits for it any more.
    Slow(Duration),
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
        let records = !matches!(state.behaviour, Behaviour::Fail | Behaviour::Hang);
        if records && !state.events.iter().any(|known| known.id == event.id) {
            state.events.push(event.clone());
        }
        state.behaviour
    }
}

impl SendEvents for MemorySink {
    async fn send_events(&self, events: &[Event]) -> Result<Vec<EventId>, SendError> {
        let behaviour = self.state().behaviour;
        if let Behaviour::Slow(time) = behaviour {
            let _over = timeout(time, pending::<()>()).await;
        }
        for event in events {
            match self.record(event) {
                Behaviour::Record | Behaviour::Slow(_) => {}
                Behaviour::Fail => return Err(SendError::new("told to fail")),
                Behaviour::LoseAnswer => return Err(SendError::new("told to lose the answer")),
                Behaviour::Hang => return pending().await,
            }
        }
        Ok(Vec::new())
    }
}

impl RecordEvents for MemorySink {
    async fn record_events(&self, events: &[Event]) -> Result<(), RecordError> {
        self.send_events(events).await.map(|_none_left| ()).map_err(RecordError::new)
    }

    async fn announce(&self, event: &Event) {
        let _kept_already = self.send_events(std::slice::from_ref(event)).await;
    }
}
