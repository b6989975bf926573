//! API keys, found by the hash of the secret.

use std::future::Future;

use domain::{SecretHash, TenantId};
use jiff::Timestamp;

use crate::StoreError;

/// What is stored of one API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiKeyRecord {
    /// The hash of the key.
    pub hash: SecretHash,
    /// Whom it speaks for.
    pub tenant: TenantId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working, if ever. Compared on every read.
    pub expires_at: Option<Timestamp>,
}

/// Reads an API key.
pub trait FindApiKey: Send + Sync {
    /// The key's record, expired or not.
    fn find_api_key(&self, hash: SecretHash) -> impl Future<Output = Result<Option<ApiKeyRecord>, StoreError>> + Send;
}

/// Stores a new API key. An operator's port; no function on the request path has it.
pub trait CreateApiKey: Send + Sync {
    /// Stores the record; a record of the same hash stays as it is.
    fn create_api_key(&self, record: &ApiKeyRecord) -> impl Future<Output = Result<(), StoreError>> + Send;
}
