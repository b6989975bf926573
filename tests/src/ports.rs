//! The ports of the World: a store, a key service and an audit sink, all under observation.

use std::sync::Arc;

use audit::{Event, MemorySink, RecordError, RecordEvent};
use crypto::{CheckKey, DevelopmentKey, EncryptionContext, KeyError, KeyMaterial, UnwrapKey, WrapKey, WrappedKey};
use store::{
    BeginRequest, ChangeListings, CheckReadiness, ClaimAttempt, CompleteVerification, CreateApiKey, CreateBranchKey,
    CreateEnrollment, CreateSigningKey, DrawPermits, FailAttempt, FindAccount, FindApiKey, FindBranchKey,
    FindEnrollment, FindListings, FindSession, FindVerification, FinishRequest, ListSigningKeys, OpenVerification,
    ReserveFailure, RevokeSession, StoreError, StoreErrorKind, UnlockAccount, UpgradeVerifiers,
};
use testkit::Observation;

/// Everything that the functions and their operator need of a store.
pub trait Ports:
    BeginRequest
    + ChangeListings
    + CheckReadiness
    + ClaimAttempt
    + CompleteVerification
    + CreateApiKey
    + CreateBranchKey
    + CreateEnrollment
    + CreateSigningKey
    + DrawPermits
    + FailAttempt
    + FindAccount
    + FindApiKey
    + FindBranchKey
    + FindEnrollment
    + FindListings
    + FindSession
    + FindVerification
    + FinishRequest
    + ListSigningKeys
    + OpenVerification
    + ReserveFailure
    + RevokeSession
    + UnlockAccount
    + UpgradeVerifiers
    + Clone
    + 'static
{
}

impl<S> Ports for S where
    S: BeginRequest
        + ChangeListings
        + CheckReadiness
        + ClaimAttempt
        + CompleteVerification
        + CreateApiKey
        + CreateBranchKey
        + CreateEnrollment
        + CreateSigningKey
        + DrawPermits
        + FailAttempt
        + FindAccount
        + FindApiKey
        + FindBranchKey
        + FindEnrollment
        + FindListings
        + FindSession
        + FindVerification
        + FinishRequest
        + ListSigningKeys
        + OpenVerification
        + ReserveFailure
        + RevokeSession
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

/// The audit sink in memory. Its calls are recorded with the store's, for requests wait for both.
#[derive(Debug, Clone)]
pub struct ObservedSink {
    pub(crate) inner: Arc<MemorySink>,
    pub(crate) observation: Observation,
}

impl RecordEvent for ObservedSink {
    async fn record_event(&self, event: &Event) -> Result<(), RecordError> {
        let fail = |_| RecordError::new("planned by the test");
        self.observation.run("RecordEvent", 0, self.inner.record_event(event), fail).await
    }
}

impl CheckReadiness for ObservedSink {
    async fn check_readiness(&self) -> Result<(), StoreError> {
        let fail = |kind| StoreError::new(kind, "CheckReadiness", "planned by the test");
        self.observation.run("CheckQueue", 0, async { Ok(()) }, fail).await
    }
}
