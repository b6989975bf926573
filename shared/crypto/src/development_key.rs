//! The development key: stands in for the key service on a laptop, and is as strict about contexts.

use std::fs::{self, File, OpenOptions};
use std::future::{Future, ready};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use domain::Entropy;
use zeroize::{Zeroize, Zeroizing};

use crate::seal::{open_with, seal_with};
use crate::{
    CheckKey, EncryptionContext, KeyError, KeyMaterial, OsEntropy, OutsideLambda, SecretKey, UnwrapKey, WrapKey,
    WrappedKey,
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
        match File::open(path) {
            Ok(file) => Self::read(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create(path)?;
                Self::read(File::open(path)?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A fresh key that no file holds: what it wraps is lost with it.
    ///
    /// # Errors
    /// [`DevelopmentKeyRefused::Io`] if there is no randomness.
    pub fn ephemeral(entropy: &dyn Entropy, _outside: OutsideLambda) -> Result<Self, DevelopmentKeyRefused> {
        Ok(Self(SecretKey::draw(entropy).map_err(io::Error::other)?))
    }

    fn read(file: File) -> Result<Self, DevelopmentKeyRefused> {
        if file.metadata()?.mode() & OTHERS != 0 {
            return Err(DevelopmentKeyRefused::Exposed);
        }
        let mut text = Zeroizing::new(String::with_capacity(128));
        file.take(MAX_FILE_LENGTH).read_to_string(&mut text)?;
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim_end(), bytes.as_mut_slice()).map_err(|_| DevelopmentKeyRefused::Malformed)?;
        Ok(Self(SecretKey::new(*bytes)))
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
    /// The file can't be read or made.
    #[error("the development key's file can't be read or made")]
    Io(#[from] io::Error),
    /// Its group or everybody may read or write the file.
    #[error("the development key's file is open to others than its owner")]
    Exposed,
    /// It does not hold 64 hexadecimal digits.
    #[error("the development key's file does not hold 64 hexadecimal digits")]
    Malformed,
}

/// Writes a fresh key beside `path` and links it there, which fails if another process was first: that one's key counts,
/// and nobody ever sees half a file.
fn create(path: &Path) -> Result<(), DevelopmentKeyRefused> {
    let entropy: &dyn Entropy = &OsEntropy;
    let mut key = entropy.array::<32>().map_err(io::Error::other)?;
    let text = Zeroizing::new(hex::encode(key));
    key.zeroize();
    let suffix = hex::encode(entropy.array::<8>().map_err(io::Error::other)?);
    let draft = path.with_extension(format!("draft-{suffix}"));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let linked =
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}

/// The permission bits of group and others.
const OTHERS: u32 = 0o077;
const MAX_FILE_LENGTH: u64 = 128;
