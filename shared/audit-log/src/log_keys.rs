//! The keys that a log may be signed with.

use std::collections::BTreeMap;

use crypto::{Jwk, Jwks, VerifyingKey};
use domain::KeyId;

use crate::SignedHeader;

/// The public keys that whoever checks a log trusts: more than one after the key was changed.
#[derive(Debug, Clone, Default)]
pub struct LogKeys(BTreeMap<KeyId, VerifyingKey>);

impl LogKeys {
    /// Trusts these.
    #[must_use]
    pub fn of(keys: impl IntoIterator<Item = VerifyingKey>) -> Self {
        Self(keys.into_iter().map(|key| (key.id().clone(), key)).collect())
    }

    /// Reads a key file: a JWK, a set of them, or one public key in DER, as KMS gives it.
    ///
    /// # Errors
    /// [`InvalidKeys`] if it is none of them.
    pub fn parse(file: &[u8]) -> Result<Self, InvalidKeys> {
        if let Ok(key) = VerifyingKey::from_public_der(file) {
            return Ok(Self::of([key]));
        }
        let published = match serde_json::from_slice::<Jwk>(file) {
            Ok(jwk) => vec![jwk],
            Err(_) => serde_json::from_slice::<Jwks>(file).map_err(|_| InvalidKeys)?.keys,
        };
        let keys: Result<Vec<_>, _> = published.iter().map(VerifyingKey::from_jwk).collect();
        Ok(Self::of(keys.map_err(|_| InvalidKeys)?))
    }

    /// The trusted key that a header names.
    #[must_use]
    pub fn key_of(&self, header: &SignedHeader) -> Option<&VerifyingKey> {
        self.0.get(&header.header().key)
    }
}

/// Not a file with public keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a P-256 public key as a JWK, a set of JWKs, or DER")]
pub struct InvalidKeys;
