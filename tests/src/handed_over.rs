//! What outlives every process of a World: the events that were sent to the queue, or are in the outbox.

use audit::{Event, Outcome};
use domain::{SessionId, VerificationId};
use serde_json::Value;
use store::OUTBOX_PARTS;

use crate::{Answer, Ports, World};

/// The events that nothing can lose any more, at the moment of an answer.
#[derive(Debug)]
pub struct HandedOver(Vec<Event>);

impl<S: Ports> World<S> {
    /// The events that are handed over by now.
    pub async fn handed_over(&self) -> HandedOver {
        let mut events = self.sink.events();
        for part in 0..OUTBOX_PARTS {
            let kept = self.tables.outbox_events(part, u16::MAX).await.unwrap();
            events.extend(kept.iter().map(|kept| Event::parse(&kept.payload).unwrap()));
        }
        HandedOver(events)
    }
}

impl From<Vec<Event>> for HandedOver {
    fn from(events: Vec<Event>) -> Self {
        Self(events)
    }
}

impl HandedOver {
    /// All of them; one that is in the queue and in the outbox is there twice.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.0
    }

    /// That a verification was opened, as its answer says.
    #[must_use]
    pub fn opened(&self, answer: &Answer) -> bool {
        let id: VerificationId = answer.text("verification_id").parse().unwrap();
        self.has(|outcome| matches!(outcome, Outcome::VerificationOpened { verification, .. } if *verification == id))
    }

    /// That an attempt was right, as its answer says.
    #[must_use]
    pub fn succeeded(&self, answer: &Answer) -> bool {
        let id: SessionId = answer.text("session_id").parse().unwrap();
        self.has(|outcome| matches!(outcome, Outcome::VerificationSucceeded { session, .. } if *session == id))
    }

    /// That an attempt of this verification was wrong, as its answer says.
    #[must_use]
    pub fn wrong(&self, id: VerificationId, answer: &Answer) -> bool {
        let left = answer.json().get("attempts_remaining").and_then(Value::as_u64).unwrap();
        self.has(|outcome| match *outcome {
            Outcome::AttemptWrong { attempts_remaining, verification }
            | Outcome::AttemptWhileLocked { attempts_remaining, verification } => {
                verification == id && u64::from(attempts_remaining) >= left
            }
            _ => false,
        })
    }

    /// That this session was revoked, for whatever reason.
    #[must_use]
    pub fn revoked(&self, id: SessionId) -> bool {
        self.has(|outcome| match *outcome {
            Outcome::SessionRevoked { session } | Outcome::RefreshTokenReused { session } => session == id,
            _ => false,
        })
    }

    /// How many events have such an outcome.
    #[must_use]
    pub fn count(&self, fits: impl Fn(&Outcome) -> bool) -> usize {
        let mut ids: Vec<_> = self.0.iter().filter(|event| fits(&event.outcome)).map(|event| event.id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.len()
    }

    fn has(&self, fits: impl Fn(&Outcome) -> bool) -> bool {
        self.0.iter().any(|event| fits(&event.outcome))
    }
}
