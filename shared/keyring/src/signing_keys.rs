//! The key that signs now.

use std::fmt;
use std::sync::Arc;

use crypto::{EncryptionContext, SigningKey, UnwrapKey, WrappedKey};
use domain::Clock;
use store::ListSigningKeys;

use crate::KeyringError;
use crate::aged::Aged;

/// Finds, unwraps and keeps the signing key.
pub struct SigningKeys<S, U> {
    store: S,
    unwrap: U,
    clock: Arc<dyn Clock>,
    kept: Aged<Arc<SigningKey>>,
}

impl<S: ListSigningKeys, U: UnwrapKey> SigningKeys<S, U> {
    /// Signing keys out of this store, unwrapped by this key service.
    pub fn new(store: S, unwrap: U, clock: Arc<dyn Clock>) -> Self {
        Self { store, unwrap, clock, kept: Aged::empty() }
    }

    /// The key that signs now: the newest whose `signs_from` has come, and which is not retired.
    ///
    /// # Errors
    /// [`KeyringError`] if the key is neither kept nor to be had.
    pub async fn current(&self) -> Result<Arc<SigningKey>, KeyringError> {
        self.kept.get(self.clock.now(), || self.fetch()).await
    }

    async fn fetch(&self) -> Result<Arc<SigningKey>, KeyringError> {
        let now = self.clock.now();
        let records = self.store.list_signing_keys().await?;
        let signing = records
            .into_iter()
            .filter(|record| record.signs_from <= now && record.retires_at.is_none_or(|retires_at| now < retires_at));
        let record = signing.max_by_key(|record| record.signs_from).ok_or(KeyringError::Missing("signing key"))?;
        let wrapped = WrappedKey::new(record.wrapped_private);
        let material = self.unwrap.unwrap_key(&wrapped, &EncryptionContext::signing_key(&record.id)).await?;
        Ok(Arc::new(SigningKey::from_material(&material)?))
    }
}

impl<S, U> fmt::Debug for SigningKeys<S, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeys").finish_non_exhaustive()
    }
}
