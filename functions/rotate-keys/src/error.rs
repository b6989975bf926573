//! Why a run ended early.

use audit::NoThumbprint;
use domain::{EntropyUnavailable, KeyId};
use keyring::KeyringError;
use lambda_runtime::Diagnostic;
use store::{StoreError, StoreErrorKind};
use telemetry::Chain;

use crate::MalformedTask;

/// Why keys were not rotated. What was done until then stays.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// What was sent is not a task.
    #[error(transparent)]
    Malformed(#[from] MalformedTask),
    /// There is no signing key of this id.
    #[error("there is no signing key {0}")]
    UnknownKey(KeyId),
    /// There is no such tenant: it has no branch key.
    #[error("there is no such tenant")]
    UnknownTenant,
    /// The store does not answer.
    #[error("the store does not answer")]
    Store(#[from] StoreError),
    /// A key can't be made or wrapped.
    #[error("no key can be made")]
    Key(#[from] KeyringError),
    /// No randomness for the event's id.
    #[error("there is no randomness")]
    Entropy(#[from] EntropyUnavailable),
    /// A stored key's id is not its thumbprint.
    #[error("a signing key's id is not its thumbprint")]
    KeyId(#[from] NoThumbprint),
    /// There are tenants, and no signing key.
    #[error("there is no signing key: nobody gets a token")]
    NoSigningKey,
    /// Everything else was done.
    #[error("the branch keys of {tenants} tenants can't be rotated: their records are at fault")]
    Stuck {
        /// How many tenants.
        tenants: usize,
    },
    /// Others changed the keys at the same time: repeat the task.
    #[error("others changed the keys at the same time: repeat the task")]
    Contended,
}

impl RotateError {
    /// The stable name: the `errorType` of the invocation's answer.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed-task",
            Self::UnknownKey(_) => "unknown-key",
            Self::UnknownTenant => "unknown-tenant",
            Self::Store(StoreError { kind: StoreErrorKind::Corrupt, .. }) | Self::KeyId(_) => "corrupt-record",
            Self::Store(_) | Self::Key(_) | Self::Entropy(_) => "unavailable",
            Self::NoSigningKey => "no-signing-key",
            Self::Stuck { .. } => "branch-keys-stuck",
            Self::Contended => "keys-busy",
        }
    }
}

impl From<RotateError> for Diagnostic {
    /// The operator may know the causes; they hold no secret.
    fn from(error: RotateError) -> Self {
        let chain = Chain::of(&error).to_string();
        tracing::error!(error.code = error.code(), error.chain = chain, "keys were not rotated");
        Self { error_type: error.code().to_owned(), error_message: chain }
    }
}
