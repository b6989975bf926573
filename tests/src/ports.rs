//! The ports of the World: a store, a key service and an audit sink, all under observation.

use std::sync::Arc;

use audit::{Event, MemorySink, Recorder, SendError, SendEvents};
use crypto::{CheckKey, DevelopmentKey, EncryptionContext, KeyError, KeyMaterial, UnwrapKey, WrapKey, WrappedKey};
use domain::EventId;
use store::{
    AdvanceSessionEpoch, AppendBatch, BeginRequest, ChangeListings, CheckReadiness, ClaimAttempt, CompleteVerification,
    CreateApiKey, CreateBranchKey, CreateEnrollment, CreateSigningKey, DisableUser, DrainOutbox, DrawPermits,
    EraseUser, FailAttempt, FindAccount, FindApiKey, FindBranchKey, FindCurrentEnrollment, FindEnrollment, FindEvents,
    FindListings, FindLogHeads, FindSession, FindSessionEpoch, FindVerification, FinishRequest, IndexEvents,
    KeepEvents, LeaseShard, ListApiKeys, ListBranchKeys, ListSessions, ListSigningKeys, NoteApiKeyUse,
    OpenVerification, RecogniseEvents, ReserveFailure, RetireSigningKey, RevokeApiKey, RevokeSession, RevokeSessions,
    RotateApiKey, RotateBranchKey, RotateFactors, RotateRefreshToken, StoreError, StoreErrorKind, UnlockAccount,
    UpgradeVerifiers,
};
use testkit::{Observation, RecordingStore};

use crate::Delivery;

/// Everything that the functions and their operator need of a store.
pub trait Ports:
    AdvanceSessionEpoch
    + AppendBatch
    + BeginRequest
    + ChangeListings
    + CheckReadiness
    + ClaimAttempt
    + CompleteVerification
    + CreateApiKey
    + CreateBranchKey
    + CreateEnrollment
    + CreateSigningKey
    + DisableUser
    + DrainOutbox
    + DrawPermits
    + EraseUser
    + FailAttempt
    + FindAccount
    + FindApiKey
    + FindBranchKey
    + FindCurrentEnrollment
    + FindEnrollment
    + FindEvents
    + FindListings
    + FindLogHeads
    + FindSession
    + FindSessionEpoch
    + FindVerification
    + FinishRequest
    + IndexEvents
    + KeepEvents
    + LeaseShard
    + ListApiKeys
    + ListBranchKeys
    + ListSessions
    + ListSigningKeys
    + NoteApiKeyUse
    + OpenVerification
    + RecogniseEvents
    + ReserveFailure
    + RetireSigningKey
    + RevokeApiKey
    + RevokeSession
    + RevokeSessions
    + RotateApiKey
    + RotateBranchKey
    + RotateFactors
    + RotateRefreshToken
    + UnlockAccount
    + UpgradeVerifiers
    + Clone
    + 'static
{
}

impl<S> Ports for S where
    S: AdvanceSessionEpoch
        + AppendBatch
        + BeginRequest
        + ChangeListings
        + CheckReadiness
        + ClaimAttempt
        + CompleteVerification
        + CreateApiKey
        + CreateBranchKey
        + CreateEnrollment
        + CreateSigningKey
        + DisableUser
        + DrainOutbox
        + DrawPermits
        + EraseUser
        + FailAttempt
        + FindAccount
        + FindApiKey
        + FindBranchKey
        + FindCurrentEnrollment
        + FindEnrollment
        + FindEvents
        + FindListings
        + FindLogHeads
        + FindSession
        + FindSessionEpoch
        + FindVerification
        + FinishRequest
        + IndexEvents
        + KeepEvents
        + LeaseShard
        + ListApiKeys
        + ListBranchKeys
        + ListSessions
        + ListSigningKeys
        + NoteApiKeyUse
        + OpenVerification
        + RecogniseEvents
        + ReserveFailure
        + RetireSigningKey
        + RevokeApiKey
        + RevokeSession
        + RevokeSessions
        + RotateApiKey
        + RotateBranchKey
        + RotateFactors
        + RotateRefreshToken
        + UnlockAccount
        + UpgradeVerifiers
        + Clone
        + 'static
{
}

/// A key service that keeps its key in memory and is as strict about contexts as AWS. Clones share key and observation.
#[derive(Debug, Clone)]
pub struct ObservedKeys {
    inner: DevelopmentKey,
    /// What is recorded and planned. Not the store's, so that the budget counts waits on stores only.
    pub observation: Observation,
}

impl ObservedKeys {
    /// Observes this key.
    #[must_use]
    pub fn new(inner: DevelopmentKey) -> Self {
        Self { inner, observation: Observation::default() }
    }

    /// The same key, past the observation.
    #[must_use]
    pub fn unobserved(&self) -> DevelopmentKey {
        self.inner.clone()
    }
}

impl WrapKey for ObservedKeys {
    async fn wrap_key(&self, material: &KeyMaterial, context: &EncryptionContext) -> Result<WrappedKey, KeyError> {
        self.inner.wrap_key(material, context).await
    }
}

impl UnwrapKey for ObservedKeys {
    async fn unwrap_key(&self, wrapped: &WrappedKey, context: &EncryptionContext) -> Result<KeyMaterial, KeyError> {
        self.observation.run("UnwrapKey", 0, self.inner.unwrap_key(wrapped, context), planned).await
    }
}

impl CheckKey for ObservedKeys {
    async fn check_key(&self) -> Result<(), KeyError> {
        self.observation.run("CheckKey", 0, self.inner.check_key(), planned).await
    }
}

fn planned(kind: StoreErrorKind) -> KeyError {
    match kind {
        StoreErrorKind::Corrupt => KeyError::Refused,
        StoreErrorKind::Throttled | StoreErrorKind::Unavailable => KeyError::unavailable("planned by the test"),
    }
}

/// The audit queue in memory. Its calls are recorded with the store's, for requests wait for both.
#[derive(Debug, Clone)]
pub struct ObservedQueue {
    pub(crate) inner: Arc<MemorySink>,
    pub(crate) delivery: Delivery,
    pub(crate) observation: Observation,
}

/// What functions record their events with: the queue, with the outbox behind it.
pub type ObservedAudit<S> = Recorder<ObservedQueue, RecordingStore<S>>;

impl SendEvents for ObservedQueue {
    async fn send_events(&self, events: &[Event]) -> Result<Vec<EventId>, SendError> {
        let fail = |_| SendError::new("planned by the test");
        self.observation.run("SendEvents", 0, self.delivery.send(&self.inner, events), fail).await
    }
}

impl CheckReadiness for ObservedQueue {
    async fn check_readiness(&self) -> Result<(), StoreError> {
        let fail = |kind| StoreError::new(kind, "CheckReadiness", "planned by the test");
        self.observation.run("CheckQueue", 0, async { Ok(()) }, fail).await
    }
}
