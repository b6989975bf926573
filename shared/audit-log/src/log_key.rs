//! The log's signing key in a file, where there is no KMS.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use crypto::{KeyError, KeyMaterial, OutsideLambda, SignHeaders, SigningKey, VerifyingKey};
use domain::KeyId;

/// A P-256 key that a file holds: PKCS#8, readable by its owner alone. Clones share it.
#[derive(Debug, Clone)]
pub struct LogKey(Arc<SigningKey>);

impl LogKey {
    /// Reads the key, or makes the file with a fresh one. Of several processes that do so at once, all get the same key.
    ///
    /// # Errors
    /// [`LogKeyRefused`] if the file can't be read or made, is open to others, or holds something else.
    pub fn load_or_create(path: &Path, _outside: OutsideLambda) -> Result<Self, LogKeyRefused> {
        match File::open(path) {
            Ok(file) => Self::read(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create(path)?;
                Self::read(File::open(path)?)
            }
            Err(error) => Err(error.into()),
        }
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

    fn read(file: File) -> Result<Self, LogKeyRefused> {
        if file.metadata()?.mode() & OTHERS != 0 {
            return Err(LogKeyRefused::Exposed);
        }
        let mut bytes = Vec::with_capacity(256);
        file.take(MAX_FILE_LENGTH).read_to_end(&mut bytes)?;
        let material = KeyMaterial::new(bytes).map_err(|_| LogKeyRefused::Malformed)?;
        let key = SigningKey::from_material(&material).map_err(|_| LogKeyRefused::Malformed)?;
        Ok(Self(Arc::new(key)))
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
    /// The file can't be read or made.
    #[error("the log key's file can't be read or made")]
    Io(#[from] io::Error),
    /// Its group or everybody may read or write the file.
    #[error("the log key's file is open to others than its owner")]
    Exposed,
    /// It does not hold a P-256 key.
    #[error("the log key's file does not hold a P-256 key in PKCS#8")]
    Malformed,
    /// The library could not make one.
    #[error("no key could be made")]
    Key(#[from] KeyError),
}

/// Writes a fresh key beside `path` and links it there, which fails if another process was first: that one's key counts, and nobody
/// ever sees half a file.
fn create(path: &Path) -> Result<(), LogKeyRefused> {
    let key = SigningKey::generate()?;
    let material = key.to_material()?;
    let draft = path.with_extension(format!("draft-{}", key.key_id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let linked =
        file.write_all(material.expose()).and_then(|()| file.sync_all()).and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}

/// The permission bits of group and others.
const OTHERS: u32 = 0o077;
const MAX_FILE_LENGTH: u64 = 512;
