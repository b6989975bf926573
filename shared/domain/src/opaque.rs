//! Bytes that domain records carry without looking inside.

use std::fmt;

use subtle::ConstantTimeEq;

/// Ciphertext of shared/crypto: a format byte, a nonce, the sealed bytes and their tag.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Wraps stored or freshly sealed bytes; opening decides whether they are genuine.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The ciphertext.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// The SHA-256 of an opaque secret of at least 128 random bits: it can recognise the secret, not reproduce it.
#[derive(Debug, Clone, Copy, Eq)]
pub struct SecretHash([u8; 32]);

/// In constant time, since a presented secret's hash is compared with a stored one.
impl PartialEq for SecretHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl SecretHash {
    /// Wraps a hash computed over an opaque secret's random part.
    #[must_use]
    pub const fn new(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// The hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// 128 random bits of a verification. They stand in its item and nowhere else, so that a key alone does not foretell its session's tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionSeed([u8; 16]);

impl SessionSeed {
    /// Wraps random bytes.
    #[must_use]
    pub const fn new(random: [u8; 16]) -> Self {
        Self(random)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for SessionSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSeed(…)")
    }
}
