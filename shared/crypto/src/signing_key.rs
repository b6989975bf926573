//! The private half: signs tokens with ES256.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

use crate::low_s::with_low_s;
use crate::{KeyError, KeyMaterial, VerifyingKey};

/// A P-256 key pair. aws-lc wipes the private key when it is dropped.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    public: VerifyingKey,
}

impl SigningKey {
    /// A fresh key. aws-lc draws it from the operating system itself; there is no way to hand it other randomness.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`] if the library fails.
    pub fn generate() -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(KeyError::unavailable)?;
        Self::from_pair(pair)
    }

    /// The key that was wrapped as `material` (PKCS#8).
    ///
    /// # Errors
    /// [`KeyError::Refused`] if it is not a P-256 key pair.
    pub fn from_material(material: &KeyMaterial) -> Result<Self, KeyError> {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, material.expose())
            .map_err(|_| KeyError::Refused)
            .and_then(Self::from_pair)
    }

    /// The private key as PKCS#8, to wrap it.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`] if the library fails.
    pub fn to_material(&self) -> Result<KeyMaterial, KeyError> {
        let document = self.pair.to_pkcs8v1().map_err(KeyError::unavailable)?;
        KeyMaterial::new(document.as_ref().to_vec())
    }

    /// The public half.
    #[must_use]
    pub const fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }

    /// Signs a message: r ‖ s with s in the lower half of the group's order, so that a message and its signature have one
    /// form only; `None` if the library fails.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<[u8; 64]> {
        let signature = self.pair.sign(&SystemRandom::new(), message).ok()?;
        with_low_s(signature.as_ref().try_into().ok()?)
    }

    fn from_pair(pair: EcdsaKeyPair) -> Result<Self, KeyError> {
        let public = VerifyingKey::from_public_bytes(pair.public_key().as_ref()).map_err(|_| KeyError::Refused)?;
        Ok(Self { pair, public })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public.id())
    }
}
