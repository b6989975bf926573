//! The development key: stands in for the key service on a laptop, and is as strict about contexts.

use std::future::{Future, ready};
use std::io;
use std::path::Path;

use domain::{Entropy, EntropyUnavailable};
use zeroize::{Zeroize, Zeroizing};

use crate::seal::{open_with, seal_with};
use crate::{
    CheckKey, EncryptionContext, KeyError, KeyFileRefused, KeyMaterial, OsEntropy, OutsideLambda, SecretKey, UnwrapKey,
    WrapKey, WrappedKey, load_or_create_key_file,
};

/// A wrapping key that a file holds: 64 hexadecimal digits, readable by its owner alone.
#[derive(Debug, Clone)]
pub struct DevelopmentKey(SecretKey);

impl DevelopmentKey {
    /// Reads the key, or makes the file with a fresh one. Of several processes that do so at once, all get the same key.
    ///
    /// # Errors
    /// [`DevelopmentKeyRefused`] if the file can't be read or made, is open to others, or holds something else.
    pub fn load_or_create(path: &Path, _outside: OutsideLambda) -> Result<Self, DevelopmentKeyRefused> {
        let text = load_or_create_key_file(path, fresh)?;
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim_ascii_end(), bytes.as_mut_slice())
            .map_err(|_| DevelopmentKeyRefused::Malformed)?;
        Ok(Self(SecretKey::new(*bytes)))
    }

    /// A fresh key that no file holds: what it wraps is lost with it.
    ///
    /// # Errors
    /// [`DevelopmentKeyRefused::Entropy`] if there is no randomness.
    pub fn ephemeral(entropy: &dyn Entropy, _outside: OutsideLambda) -> Result<Self, DevelopmentKeyRefused> {
        Ok(Self(SecretKey::draw(entropy)?))
    }

    fn wrap(&self, material: &KeyMaterial, context: &EncryptionContext) -> Result<WrappedKey, KeyError> {
        seal_with(&self.0, context.encode().as_bytes(), material.expose(), &OsEntropy)
            .map(WrappedKey::new)
            .map_err(KeyError::unavailable)
    }

    fn unwrap(&self, wrapped: &WrappedKey, context: &EncryptionContext) -> Result<KeyMaterial, KeyError> {
        let mut material =
            open_with(&self.0, context.encode().as_bytes(), wrapped.as_bytes()).map_err(|_| KeyError::Refused)?;
        KeyMaterial::new(std::mem::take(&mut *material))
    }
}

impl WrapKey for DevelopmentKey {
    fn wrap_key(
        &self,
        material: &KeyMaterial,
        context: &EncryptionContext,
    ) -> impl Future<Output = Result<WrappedKey, KeyError>> + Send {
        ready(self.wrap(material, context))
    }
}

impl UnwrapKey for DevelopmentKey {
    fn unwrap_key(
        &self,
        wrapped: &WrappedKey,
        context: &EncryptionContext,
    ) -> impl Future<Output = Result<KeyMaterial, KeyError>> + Send {
        ready(self.unwrap(wrapped, context))
    }
}

impl CheckKey for DevelopmentKey {
    fn check_key(&self) -> impl Future<Output = Result<(), KeyError>> + Send {
        ready(Ok(()))
    }
}

/// Why there is no development key.
#[derive(Debug, thiserror::Error)]
pub enum DevelopmentKeyRefused {
    /// The file can't be read or made, or is open to others.
    #[error(transparent)]
    File(#[from] KeyFileRefused),
    /// There is no randomness.
    #[error("no key could be drawn")]
    Entropy(#[from] EntropyUnavailable),
    /// It does not hold 64 hexadecimal digits.
    #[error("the development key's file does not hold 64 hexadecimal digits")]
    Malformed,
}

fn fresh() -> io::Result<Zeroizing<Vec<u8>>> {
    let mut key = (&OsEntropy as &dyn Entropy).array::<32>().map_err(io::Error::other)?;
    let text = Zeroizing::new(hex::encode(key).into_bytes());
    key.zeroize();
    Ok(text)
}
