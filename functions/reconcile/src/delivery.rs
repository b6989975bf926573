//! A message of the reconcile queue: one event of a verification.

use audit::Event;
use aws_lambda_events::event::sqs::SqsMessage;
use domain::{TenantId, VerificationId};

/// What one message asks for.
pub(crate) struct Delivery {
    /// The event that was logged.
    pub(crate) event: Event,
    /// Whose verification it is.
    pub(crate) tenant: TenantId,
    /// The verification that it tells of.
    pub(crate) verification: VerificationId,
}

impl Delivery {
    /// Reads the message. `None` if it is not an event of a verification; the log says so, without the message's content.
    pub(crate) fn read(message: &SqsMessage) -> Option<Self> {
        let id = message.message_id.as_deref().unwrap_or_default();
        let event = match Event::parse(message.body.as_deref().unwrap_or_default().as_bytes()) {
            Ok(event) => event,
            Err(refusal) => {
                tracing::warn!(message.id = id, reason = %refusal, "a message was refused and goes back to the queue");
                return None;
            }
        };
        let Some(verification) = event.outcome.verification() else {
            let reason = "an event of no verification";
            tracing::warn!(message.id = id, reason, "a message was refused and goes back to the queue");
            return None;
        };
        Some(Self { tenant: event.key().tenant, verification, event })
    }
}
