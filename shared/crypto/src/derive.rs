//! The two keyed functions that everything is derived with: HKDF-SHA256 for keys, HMAC-SHA256 for values.

use std::fmt;

use aws_lc_rs::{digest, hkdf, hmac};

use crate::SecretKey;
use crate::canonical::Canonical;

/// What keys are derived from, by HKDF-SHA256 (RFC 5869): the key that is extracted of a parent, once for all that it derives.
pub(crate) struct Parent(SecretKey);

impl Parent {
    /// Extracts of this key.
    pub(crate) fn new(key: &SecretKey) -> Self {
        Self::extract(EXTRACT_SALT, key.as_bytes())
    }

    /// HKDF-Extract.
    pub(crate) fn extract(salt: &[u8], secret: &[u8]) -> Self {
        Self(SecretKey::new(sign(&hmac::Key::new(hmac::HMAC_SHA256, salt), secret)))
    }

    /// The key for one purpose, which is HKDF's `info`.
    ///
    /// # Errors
    /// [`DerivationFailed`] if the library fails.
    pub(crate) fn subkey(&self, purpose: &Canonical) -> Result<SecretKey, DerivationFailed> {
        self.expand(purpose.as_bytes()).map(SecretKey::new)
    }

    /// HKDF-Expand with 32 bytes of output.
    pub(crate) fn expand(&self, info: &[u8]) -> Result<[u8; 32], DerivationFailed> {
        let mut bytes = [0; 32];
        hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, self.0.as_bytes())
            .expand(&[info], hkdf::HKDF_SHA256.hmac_algorithm())
            .and_then(|output| output.fill(&mut bytes))
            .map_err(|_| DerivationFailed)?;
        Ok(bytes)
    }
}

impl fmt::Debug for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parent(…)")
    }
}

/// The SHA-256 of the concatenated parts.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// HMAC-SHA256 (RFC 2104) under one key. The library's own key is 40 times as large and made anew for every use: it would
/// leave copies wherever it is moved.
pub(crate) struct Mac(SecretKey);

impl Mac {
    /// The function under this key.
    pub(crate) const fn new(key: SecretKey) -> Self {
        Self(key)
    }

    /// The value for a message.
    pub(crate) fn tag(&self, message: &[u8]) -> [u8; 32] {
        sign(&self.key(), message)
    }

    /// The first 16 bytes of the value for a message.
    pub(crate) fn half_tag(&self, message: &[u8]) -> [u8; 16] {
        let mut half = [0; 16];
        half.iter_mut().zip(self.tag(message)).for_each(|(target, byte)| *target = byte);
        half
    }

    /// Whether `tag` is the value for the message, in constant time.
    pub(crate) fn verify(&self, message: &[u8], tag: &[u8; 32]) -> bool {
        hmac::verify(&self.key(), message, tag).is_ok()
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.0.as_bytes())
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac(…)")
    }
}

fn sign(key: &hmac::Key, message: &[u8]) -> [u8; 32] {
    let mut tag = [0; 32];
    tag.copy_from_slice(hmac::sign(key, message).as_ref());
    tag
}

/// The library could not derive a key: out of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key could not be derived")]
pub(crate) struct DerivationFailed;

/// A constant salt: the parents are uniformly random already (RFC 5869 §3.1).
const EXTRACT_SALT: &[u8] = b"countersign/hkdf/v1";
