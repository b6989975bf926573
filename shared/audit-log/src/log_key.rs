//! The log's signing key in a file, where there is no KMS.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crypto::{
    KeyError, KeyFileRefused, KeyMaterial, OutsideLambda, SignHeaders, SigningKey, VerifyingKey,
    load_or_create_key_file,
};
use domain::KeyId;
use zeroize::Zeroizing;

/// A P-256 key that a file holds: PKCS#8, readable by its owner alone. Clones share it.
#[derive(Debug, Clone)]
pub struct LogKey(Arc<SigningKey>);

impl LogKey {
    /// Reads the key, or makes the file with a fresh one. Of several processes that do so at once, all get the same key.
    ///
    /// # Errors
    /// [`LogKeyRefused`] if the file can't be read or made, is open to others, or holds something else.
    pub fn load_or_create(path: &Path, _outside: OutsideLambda) -> Result<Self, LogKeyRefused> {
        let bytes = load_or_create_key_file(path, fresh)?;
        let material = KeyMaterial::new(bytes.to_vec()).map_err(|_| LogKeyRefused::Malformed)?;
        let key = SigningKey::from_material(&material).map_err(|_| LogKeyRefused::Malformed)?;
        Ok(Self(Arc::new(key)))
    }

    /// A fresh key that no file holds.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`] if the library fails.
    pub fn ephemeral(_outside: OutsideLambda) -> Result<Self, KeyError> {
        Ok(Self(Arc::new(SigningKey::generate()?)))
    }

    /// The public half, for those who check the log.
    #[must_use]
    pub fn verifying_key(&self) -> &VerifyingKey {
        self.0.verifying_key()
    }
}

impl SignHeaders for LogKey {
    fn key_id(&self) -> &KeyId {
        self.0.key_id()
    }

    async fn sign_header(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        self.0.sign_header(message).await
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum LogKeyRefused {
    /// The file can't be read or made, or is open to others.
    #[error(transparent)]
    File(#[from] KeyFileRefused),
    /// It does not hold a P-256 key.
    #[error("the log key's file does not hold a P-256 key in PKCS#8")]
    Malformed,
}

fn fresh() -> io::Result<Zeroizing<Vec<u8>>> {
    let material = SigningKey::generate().and_then(|key| key.to_material()).map_err(io::Error::other)?;
    Ok(Zeroizing::new(material.expose().to_vec()))
}
