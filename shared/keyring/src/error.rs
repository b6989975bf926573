//! Why a key is not at hand.

use crypto::KeyError;
use domain::EntropyUnavailable;
use store::StoreError;

/// A key that can't be used now.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The store does not give the wrapped key.
    #[error("the wrapped key can't be read or stored")]
    Store(#[from] StoreError),
    /// The key service does not unwrap it.
    #[error("the key can't be wrapped or unwrapped")]
    Key(#[from] KeyError),
    /// Somebody has just tried in vain.
    #[error("the key could not be had a moment ago")]
    JustFailed,
    /// The tenant, or the service, has no such key: it was not provisioned.
    #[error("there is no such key: {0}")]
    Missing(&'static str),
    /// No randomness for a new key.
    #[error("no randomness for a new key")]
    Entropy(#[from] EntropyUnavailable),
}
