//! What outlives every process: the events that were sent to the queue, or are in the outbox.

use audit::{Event, Outcome};
use countersign_tests::{Answer, World};
use domain::{SessionId, VerificationId};
use serde_json::Value;
use store::{DrainOutbox, OUTBOX_PARTS};

/// The events that nothing can lose any more, at the moment of an answer.
pub(crate) struct HandedOver(Vec<Event>);

impl HandedOver {
    pub(crate) async fn so_far(world: &World) -> Self {
        let mut events = world.sink.events();
        for part in 0..OUTBOX_PARTS {
            let kept = world.tables.outbox_events(part, u16::MAX).await.unwrap();
            events.extend(kept.iter().map(|kept| Event::parse(&kept.payload).unwrap()));
        }
        Self(events)
    }

    pub(crate) fn opened(&self, answer: &Answer) -> bool {
        let id: VerificationId = answer.text("verification_id").parse().unwrap();
        self.has(|outcome| matches!(outcome, Outcome::VerificationOpened { verification, .. } if *verification == id))
    }

    pub(crate) fn succeeded(&self, answer: &Answer) -> bool {
        let id: SessionId = answer.text("session_id").parse().unwrap();
        self.has(|outcome| matches!(outcome, Outcome::VerificationSucceeded { session, .. } if *session == id))
    }

    pub(crate) fn wrong(&self, id: VerificationId, answer: &Answer) -> bool {
        let left = answer.json().get("attempts_remaining").and_then(Value::as_u64).unwrap();
        self.has(|outcome| match *outcome {
            Outcome::AttemptWrong { attempts_remaining, verification }
            | Outcome::AttemptWhileLocked { attempts_remaining, verification } => {
                verification == id && u64::from(attempts_remaining) >= left
            }
            _ => false,
        })
    }

    pub(crate) fn revoked(&self, id: SessionId) -> bool {
        self.has(|outcome| matches!(outcome, Outcome::SessionRevoked { session } if *session == id))
    }

    pub(crate) fn count(&self, fits: impl Fn(&Outcome) -> bool) -> usize {
        let mut ids: Vec<_> = self.0.iter().filter(|event| fits(&event.outcome)).map(|event| event.id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.len()
    }

    fn has(&self, fits: impl Fn(&Outcome) -> bool) -> bool {
        self.0.iter().any(|event| fits(&event.outcome))
    }
}
