//! The private half: signs tokens with ES256.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

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
    /// form only. Tries until s falls there, twice on average; `None` if the library fails.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<[u8; 64]> {
        for _ in 0..MOST_TRIES {
            let signature = self.pair.sign(&SystemRandom::new(), message).ok()?;
            let signature: [u8; 64] = signature.as_ref().try_into().ok()?;
            if has_low_s(&signature) {
                return Some(signature);
            }
        }
        None
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

/// Whether s is at most half the order. For every valid (r, s), (r, n − s) is valid too; we make and accept one of them.
pub(crate) fn has_low_s(signature: &[u8; 64]) -> bool {
    let (_, s) = signature.split_at(32);
    s <= HALF_ORDER.as_slice()
}

/// ⌊n / 2⌋ of P-256 (FIPS 186-5, SP 800-186 §3.2.1.3).
pub(crate) const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d,
    0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

/// Missing the lower half this often has a probability of 2⁻¹²⁸.
const MOST_TRIES: usize = 128;
