//! The use case.

use std::sync::Arc;

use crypto::Jwks;
use domain::Clock;
use keyring::{KeyringError, VerifyingKeys};
use store::ListSigningKeys;

/// Publishes the public keys.
#[derive(Debug)]
pub struct PublishKeys<S> {
    keys: Arc<VerifyingKeys<S>>,
}

impl<S: ListSigningKeys> PublishKeys<S> {
    /// Publishes the keys of this store.
    pub fn new(store: S, clock: Arc<dyn Clock>) -> Self {
        Self { keys: Arc::new(VerifyingKeys::new(store, clock)) }
    }

    /// The key set; empty before the first key is made.
    ///
    /// # Errors
    /// [`KeyringError`] if the keys can't be read.
    pub async fn publish(&self) -> Result<Jwks, KeyringError> {
        match self.keys.published().await {
            Ok(keys) => Ok(Jwks::of(keys.iter())),
            Err(KeyringError::Missing(_)) => Ok(Jwks::of([])),
            Err(error) => Err(error),
        }
    }
}

impl<S> Clone for PublishKeys<S> {
    fn clone(&self) -> Self {
        Self { keys: Arc::clone(&self.keys) }
    }
}
