//! The use case.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use audit::{Event, Outcome, RecordEvents, VerificationTrail};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use crypto::UnwrapKey;
use domain::{BranchKeyVersion, Clock, EventId, Verification};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use keyring::BranchKeys;
use store::{EventKey, RecogniseEvents};
use telemetry::Chain;

use crate::ReconcileStore;
use crate::delivery::Delivery;
use crate::error::ReconcileError;
use crate::implied::Implied;

/// What reconciling works with.
#[derive(Debug)]
pub struct Ports<S, I, U, A> {
    /// Verifications and accounts.
    pub store: S,
    /// The index of the log.
    pub index: I,
    /// The tenants' keys.
    pub keys: BranchKeys<S, U>,
    /// Takes the events that are missing.
    pub audit: A,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Reconciles verifications with their trails.
#[derive(Debug)]
pub struct Reconcile<S, I, U, A>(Arc<Ports<S, I, U, A>>);

impl<S, I, U, A> Reconcile<S, I, U, A>
where
    S: ReconcileStore,
    I: RecogniseEvents,
    U: UnwrapKey,
    A: RecordEvents,
{
    /// Reconciles with these ports.
    pub fn new(ports: Ports<S, I, U, A>) -> Self {
        Self(Arc::new(ports))
    }

    /// Reconciles the verification of each message, and gives the messages that have to be delivered again.
    pub async fn reconcile(&self, batch: SqsEvent) -> SqsBatchResponse {
        let failed = stream::iter(batch.records)
            .map(|message| async move {
                let is_done = self.process(&message).await;
                (!is_done).then(|| message.message_id.unwrap_or_default())
            })
            .buffer_unordered(AT_ONCE)
            .filter_map(std::future::ready)
            .collect::<Vec<String>>()
            .await;
        let mut response = SqsBatchResponse::default();
        for id in failed {
            response.add_failure(id);
        }
        response
    }

    /// Whether the message may be acknowledged.
    async fn process(&self, message: &SqsMessage) -> bool {
        let Some(delivery) = Delivery::read(message) else { return false };
        match self.mend(&delivery).await {
            Ok(()) => true,
            Err(error) => {
                let id = message.message_id.as_deref().unwrap_or_default();
                tracing::error!(message.id = id, error.chain = %Chain::of(&error), "a verification was not reconciled with its trail");
                false
            }
        }
    }

    /// Adds to the trail what it lacks.
    async fn mend(&self, delivery: &Delivery) -> Result<(), ReconcileError> {
        let found = self.0.store.find_verification(delivery.tenant, delivery.verification).await?;
        let missing = match found {
            Some(verification) if self.0.clock.now() < last_instant(&verification) => {
                return Err(ReconcileError::NotOver);
            }
            Some(verification) => self.missing(delivery, &verification).await?,
            None => self.without_verification(delivery).await?,
        };
        if missing.is_empty() {
            return Ok(());
        }
        self.0.audit.record_events(&missing).await?;
        for event in missing {
            tracing::warn!(event.id = %event.id, "an event was missing from a trail and was added");
        }
        Ok(())
    }

    /// What the trail of a verification lacks.
    async fn missing(&self, delivery: &Delivery, verification: &Verification) -> Result<Vec<Event>, ReconcileError> {
        let (branch, account) = tokio::join!(
            self.0.keys.version(verification.tenant, verification.branch_key_version),
            self.0.store.find_account(verification.tenant, verification.user),
        );
        let (branch, account, now) = (branch?, account?.unwrap_or_default(), self.0.clock.now());
        let trail = VerificationTrail { branch: &branch, verification, request_id: &delivery.event.request_id };
        let implied = Implied { trail, account: &account, now };
        let possible = implied.possible();
        // Another request under the same idempotency key announced its own verification, perhaps of another user.
        let other = (!possible.contains(&delivery.event.id))
            .then(|| Event { about: delivery.event.about, ..trail.not_reached(delivery.event.id, now) });
        let about = trail.opened(None).key();
        let keys = possible.into_iter().map(|id| EventKey { id, ..about }).chain(other.as_ref().map(Event::key));
        let recorded = self.recorded(keys.collect()).await?;
        let other = other.filter(|event| !recorded.contains(&event.id));
        Ok(implied.missing(&recorded).into_iter().chain(other).collect())
    }

    /// What the trail of a verification lacks that is not there. The rest of what was announced of it nothing can tell.
    async fn without_verification(&self, delivery: &Delivery) -> Result<Vec<Event>, ReconcileError> {
        let Delivery { event: opened, tenant, verification } = delivery;
        if !matches!(opened.outcome, Outcome::VerificationOpened { .. }) {
            return Ok(Vec::new());
        }
        let branch = self.0.keys.version(*tenant, BranchKeyVersion::FIRST).await?;
        let missing = Event {
            id: branch.correction_event_id(opened.id),
            about: opened.about,
            at: self.0.clock.now(),
            request_id: opened.request_id.clone(),
            outcome: Outcome::VerificationMissing { verification: *verification },
            personal: None,
        };
        let recorded = self.recorded([missing.key()].into()).await?;
        Ok(if recorded.is_empty() { vec![missing] } else { Vec::new() })
    }

    async fn recorded(&self, keys: BTreeSet<EventKey>) -> Result<BTreeSet<EventId>, ReconcileError> {
        let recorded = self.0.index.recognise_events(&keys).await?;
        Ok(recorded.into_iter().map(|key| key.id).collect())
    }
}

impl<S, I, U, A> Clone for Reconcile<S, I, U, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// When the last execution of an attempt is over, too, and nothing is written of the verification any more.
pub(crate) fn last_instant(verification: &Verification) -> Timestamp {
    verification.expires_at + LAST_EXECUTION
}

/// Longer than any invocation of verify.
const LAST_EXECUTION: Duration = Duration::from_secs(60);

/// Verifications that are reconciled at the same time.
const AT_ONCE: usize = 8;
