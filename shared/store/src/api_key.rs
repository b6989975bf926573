//! API keys. A key is found by the hash of the secret; each is listed besides under its tenant.

use std::future::Future;
use std::time::Duration;

use domain::{ApiKeyId, ApiKeyMode, ApiKeyName, Scopes, SecretHash, TenantId};
use jiff::Timestamp;

use crate::{OutboxEvent, StoreError};

/// What is stored of one API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyRecord {
    /// The hash of the key.
    pub hash: SecretHash,
    /// Whom it speaks for.
    pub tenant: TenantId,
    /// What it is for; unknown of keys that were made before this was kept.
    pub mode: Option<ApiKeyMode>,
    /// What the operator calls it.
    pub name: Option<ApiKeyName>,
    /// What it may be used for; everything, of keys that were made before this was kept.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working, if ever. Compared on every read.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// The key that takes its place.
    pub replaced_by: Option<ApiKeyId>,
}

impl ApiKeyRecord {
    /// A nameless key for everything and without an end.
    #[must_use]
    pub const fn new(hash: SecretHash, tenant: TenantId, created_at: Timestamp) -> Self {
        Self {
            hash,
            tenant,
            mode: None,
            name: None,
            scopes: Scopes::ALL,
            created_at,
            expires_at: None,
            revoked_at: None,
            replaced_by: None,
        }
    }

    /// The key's name for people.
    #[must_use]
    pub fn id(&self) -> ApiKeyId {
        self.hash.into()
    }

    /// Whether the key works.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

/// A key in its tenant's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedApiKey {
    /// The key.
    pub record: ApiKeyRecord,
    /// When it was used, as far as that was noted: at most once in [`USE_NOTED_EVERY`].
    pub used_at: Option<Timestamp>,
}

/// A key that takes the place of another one of the same tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyRotation {
    /// The hash of the key that is replaced.
    pub replaced: SecretHash,
    /// When that one stops working.
    pub replaced_expires_at: Timestamp,
    /// The new key.
    pub replacement: ApiKeyRecord,
}

/// What came of changing a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKeyChange {
    /// It is as was wanted.
    Changed,
    /// Nothing is changed: the tenant has no such key, or it was revoked before, or, for a rotation, replaced.
    Refused,
}

/// Reads an API key.
pub trait FindApiKey: Send + Sync {
    /// The key's record, working or not.
    fn find_api_key(&self, hash: SecretHash) -> impl Future<Output = Result<Option<ApiKeyRecord>, StoreError>> + Send;
}

/// Stores a new API key. An operator's port; no function on the request path has it.
pub trait CreateApiKey: Send + Sync {
    /// One conditional write: stores the record, lists it under its tenant, and keeps the event of it. A record of the same hash stays
    /// as it is, and has its event.
    fn create_api_key(
        &self,
        record: &ApiKeyRecord,
        event: &OutboxEvent,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Reads a tenant's API keys. An operator's port.
pub trait ListApiKeys: Send + Sync {
    /// All keys of the tenant, working or not, oldest first, strongly consistent. A key that was made before keys were listed is not
    /// among them.
    fn list_api_keys(&self, tenant: TenantId) -> impl Future<Output = Result<Vec<ListedApiKey>, StoreError>> + Send;
}

/// Replaces an API key. An operator's port.
pub trait RotateApiKey: Send + Sync {
    /// One conditional write: stores and lists the new key, sets the end of the old one, and keeps the event of it. Refused if the old
    /// key was revoked or replaced before; repeating a rotation that was done is none.
    fn rotate_api_key(
        &self,
        rotation: &ApiKeyRotation,
        event: &OutboxEvent,
    ) -> impl Future<Output = Result<ApiKeyChange, StoreError>> + Send;
}

/// Revokes an API key. An operator's port.
pub trait RevokeApiKey: Send + Sync {
    /// One conditional write: marks the tenant's key revoked at `at` and keeps the event of it. A key that was revoked before keeps its
    /// first instant.
    fn revoke_api_key(
        &self,
        key: (TenantId, SecretHash),
        at: Timestamp,
        event: &OutboxEvent,
    ) -> impl Future<Output = Result<ApiKeyChange, StoreError>> + Send;
}

/// Notes that an API key was used, in its tenant's list and nowhere else: this port changes nothing that decides.
pub trait NoteApiKeyUse: Send + Sync {
    /// One conditional write: notes the use, unless the key is not listed or one was noted less than [`USE_NOTED_EVERY`] before `at`.
    fn note_api_key_use(
        &self,
        tenant: TenantId,
        key: ApiKeyId,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A key's use is noted once in this time at most: precise enough to tell a key that nobody uses any more, and a write that costs
/// nothing beside the requests.
pub const USE_NOTED_EVERY: Duration = Duration::from_secs(3_600);
