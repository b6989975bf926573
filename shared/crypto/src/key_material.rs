//! Key bytes on their way to or from the key service.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{KeyError, SecretKey};

/// The most bytes that are wrapped at once: what KMS `Encrypt` takes (AWS KMS API reference, `Plaintext`).
pub const MAX_KEY_MATERIAL: usize = 4096;

/// The bytes of a [`SecretKey`] or of a [`SigningKey`](crate::SigningKey)'s private half: 1 to 4096.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct KeyMaterial(Vec<u8>);

impl KeyMaterial {
    /// Takes over a key's bytes.
    ///
    /// # Errors
    /// [`KeyError::Refused`] if there are none or more than [`MAX_KEY_MATERIAL`].
    pub fn new(mut bytes: Vec<u8>) -> Result<Self, KeyError> {
        if (1..=MAX_KEY_MATERIAL).contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            bytes.zeroize();
            Err(KeyError::Refused)
        }
    }

    /// The bytes, for the key service only.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl From<&SecretKey> for KeyMaterial {
    fn from(key: &SecretKey) -> Self {
        Self(key.as_bytes().to_vec())
    }
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyMaterial(…)")
    }
}
