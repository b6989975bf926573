//! When the audit queue has what was sent to it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use audit::{Event, MemorySink, SendError, SendEvents};
use domain::EventId;

/// When the queue has an event. Clones share what is on its way.
#[derive(Debug, Clone, Default)]
pub enum Delivery {
    /// Before it answers: every queue's promise.
    #[default]
    BeforeItAnswers,
    /// A bug to plant: a process is answered at once, and its events go when it sends again; until then they are its memory.
    AfterItAnswers(Arc<Mutex<Vec<Event>>>),
}

impl Delivery {
    /// What processes have in memory, and nothing else: they die.
    pub fn forget(&self) {
        if let Self::AfterItAnswers(unsent) = self {
            drop(taken(unsent));
        }
    }

    pub(crate) async fn send(&self, sink: &MemorySink, events: &[Event]) -> Result<Vec<EventId>, SendError> {
        match self {
            Self::BeforeItAnswers => sink.send_events(events).await,
            Self::AfterItAnswers(unsent) => {
                let before = taken(unsent);
                locked(unsent).extend_from_slice(events);
                sink.send_events(&before).await
            }
        }
    }
}

fn taken(unsent: &Mutex<Vec<Event>>) -> Vec<Event> {
    std::mem::take(&mut *locked(unsent))
}

fn locked(unsent: &Mutex<Vec<Event>>) -> MutexGuard<'_, Vec<Event>> {
    unsent.lock().unwrap_or_else(PoisonError::into_inner)
}
