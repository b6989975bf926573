//! Signing keys: public half in the clear, private half wrapped.

use std::future::Future;

use domain::KeyId;
use jiff::Timestamp;

use crate::{OutboxEvent, StoreError};

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

/// The end of a signing key, and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRetirement {
    /// The key.
    pub key: KeyId,
    /// When it was to retire so far, as it was read.
    pub known: Option<Timestamp>,
    /// When it retires.
    pub retires_at: Timestamp,
    /// The key that is made in its place.
    pub successor: Option<SigningKeyRecord>,
}

/// Ends signing keys. The port of rotating alone.
pub trait RetireSigningKey: Send + Sync {
    /// Sets when the key retires, and stores its successor and the event with it: all in one transaction, if and only if the key is there
    /// and what was known of its end still holds. `false` if not, and if the call is repeated after it took effect.
    fn retire_signing_key(
        &self,
        retirement: &KeyRetirement,
        event: &OutboxEvent,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Removes the key if it retired at `by` or before. One that is not there is no error.
    fn remove_signing_key(&self, key: &KeyId, by: Timestamp) -> impl Future<Output = Result<(), StoreError>> + Send;
}
