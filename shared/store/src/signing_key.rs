//! Signing keys: public half in the clear, private half wrapped.

use std::future::Future;

use domain::KeyId;
use jiff::Timestamp;

use crate::StoreError;

/// What is stored of one signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKeyRecord {
    /// The `kid`.
    pub id: KeyId,
    /// The public key: an uncompressed P-256 point (65 bytes).
    pub public: Vec<u8>,
    /// The private key (PKCS#8) as the key service wrapped it.
    pub wrapped_private: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it signs; it is published before.
    pub signs_from: Timestamp,
    /// When it is no longer published, if that is decided.
    pub retires_at: Option<Timestamp>,
}

/// Reads the signing keys.
pub trait ListSigningKeys: Send + Sync {
    /// All stored keys, oldest first; a handful at most.
    fn list_signing_keys(&self) -> impl Future<Output = Result<Vec<SigningKeyRecord>, StoreError>> + Send;
}

/// Stores a new signing key. An operator's port.
pub trait CreateSigningKey: Send + Sync {
    /// Stores the record; a record of the same id stays as it is.
    fn create_signing_key(&self, record: &SigningKeyRecord) -> impl Future<Output = Result<(), StoreError>> + Send;
}
