//! The ports to the key service, which wraps keys so that they can be stored.

use std::error::Error;
use std::fmt;
use std::future::Future;

use crate::{EncryptionContext, KeyMaterial};

/// Wraps keys. An operator's port; no function on the request path has it.
pub trait WrapKey: Send + Sync {
    /// Wraps `material`, bound to exactly this context.
    fn wrap_key(
        &self,
        material: &KeyMaterial,
        context: &EncryptionContext,
    ) -> impl Future<Output = Result<WrappedKey, KeyError>> + Send;
}

/// Unwraps keys.
pub trait UnwrapKey: Send + Sync {
    /// Unwraps what was wrapped with exactly this context: any other is [`KeyError::Refused`].
    fn unwrap_key(
        &self,
        wrapped: &WrappedKey,
        context: &EncryptionContext,
    ) -> impl Future<Output = Result<KeyMaterial, KeyError>> + Send;
}

/// Asks whether the key service is ready.
pub trait CheckKey: Send + Sync {
    /// Succeeds if the service answers and its key is enabled.
    fn check_key(&self) -> impl Future<Output = Result<(), KeyError>> + Send;
}

/// A key as the key service wrapped it.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey(Vec<u8>);

impl WrappedKey {
    /// Wraps stored bytes; unwrapping decides whether they are genuine.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrappedKey({} bytes)", self.0.len())
    }
}

/// Why a key is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It never will be: corrupt, wrapped by another key or for another context, or not a key of the expected kind.
    #[error("the key is not genuine in its context")]
    Refused,
    /// Not now: the key service does not answer, or does not let us.
    #[error("the key service is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl KeyError {
    /// [`KeyError::Unavailable`] because of `source`.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(source.into())
    }
}
