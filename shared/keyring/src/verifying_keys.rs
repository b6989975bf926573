//! The public keys that tokens may be signed with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crypto::{VerifyingKey, names_unknown_key};
use domain::Clock;
use store::{ListSigningKeys, SigningKeyRecord, StoreError, StoreErrorKind};

use crate::KeyringError;
use crate::aged::Aged;

/// Finds and keeps the public keys. Needs no key service.
pub struct VerifyingKeys<S> {
    store: S,
    clock: Arc<dyn Clock>,
    kept: Aged<Arc<[VerifyingKey]>>,
}

impl<S: ListSigningKeys> VerifyingKeys<S> {
    /// Public keys out of this store.
    pub fn new(store: S, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, kept: Aged::empty() }
    }

    /// The keys that are published now; there is at least one.
    ///
    /// # Errors
    /// [`KeyringError`] if the keys are neither kept nor to be had.
    pub async fn published(&self) -> Result<Arc<[VerifyingKey]>, KeyringError> {
        self.kept.get(self.clock.now(), || self.fetch()).await
    }

    /// The keys to check this token with: those that are published, fetched again if none of them can have signed it. That is asked
    /// at most once in ten seconds, whatever callers send.
    ///
    /// # Errors
    /// [`KeyringError`] if the keys are neither kept nor to be had.
    pub async fn for_token(&self, unverified_token: &str) -> Result<Arc<[VerifyingKey]>, KeyringError> {
        let keys = self.published().await?;
        if !names_unknown_key(unverified_token, &keys) {
            return Ok(keys);
        }
        self.kept.renew(self.clock.now(), ASK_AGAIN_AFTER, || self.fetch()).await
    }

    async fn fetch(&self) -> Result<Arc<[VerifyingKey]>, KeyringError> {
        let now = self.clock.now();
        let records = self.store.list_signing_keys().await?;
        let published = records.iter().filter(|record| record.retires_at.is_none_or(|retires_at| now < retires_at));
        let keys: Arc<[VerifyingKey]> = published.map(parse).collect::<Result<_, _>>()?;
        // Nothing yet is not worth keeping: the first key counts as soon as it is there.
        if keys.is_empty() { Err(KeyringError::Missing("signing key")) } else { Ok(keys) }
    }
}

impl<S> fmt::Debug for VerifyingKeys<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKeys").finish_non_exhaustive()
    }
}

/// A stored key is what its id says, or the table was tampered with: the id is the key's own thumbprint (RFC 7638).
fn parse(record: &SigningKeyRecord) -> Result<VerifyingKey, KeyringError> {
    let corrupt = |what: &'static str| StoreError::new(StoreErrorKind::Corrupt, "ListSigningKeys", what);
    let key =
        VerifyingKey::from_public_bytes(&record.public).map_err(|_| corrupt("a public key is not a point of P-256"))?;
    if key.id() != &record.id {
        return Err(corrupt("a public key does not have the thumbprint that it is stored under").into());
    }
    Ok(key)
}

/// How long callers may keep the published keys (`Cache-Control` of `/.well-known/jwks.json`).
pub const JWKS_MAX_AGE: Duration = Duration::from_secs(300);

/// How seldom the keys are asked for again because a token names an unknown one: an emergency's new key counts after this time, and a
/// flood of made-up ids costs one read in it.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(10);
