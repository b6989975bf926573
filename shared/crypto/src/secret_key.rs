//! A symmetric key.

use std::fmt;

use domain::{Entropy, EntropyUnavailable};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{KeyError, KeyMaterial};

/// 256 secret bits. They can be derived from and wrapped, not read or compared.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// Takes over uniformly random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A fresh key.
    ///
    /// # Errors
    /// [`EntropyUnavailable`] if the source fails.
    pub fn draw(entropy: &dyn Entropy) -> Result<Self, EntropyUnavailable> {
        entropy.array().map(Self)
    }

    /// The key that was wrapped as `material`.
    ///
    /// # Errors
    /// [`KeyError::Refused`] if it is not 32 bytes.
    pub fn from_material(material: &KeyMaterial) -> Result<Self, KeyError> {
        <[u8; 32]>::try_from(material.expose()).map(Self).map_err(|_| KeyError::Refused)
    }

    /// The bytes, for this crate's primitives.
    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}
