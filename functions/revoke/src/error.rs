//! Why a session is not revoked.

use std::time::Duration;

use admission::Refusal;
use countersign_http::{Problem, ProblemType};
use crypto::{OpenRefused, SealFailed};
use domain::EntropyUnavailable;
use keyring::KeyringError;
use store::StoreError;

/// Why a session is not revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// A limit is used up, or the operator's list refuses the request.
    #[error("the request is not let in")]
    Admission(#[from] Refusal),
    /// The idempotency key named another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The first request under this idempotency key is not answered yet.
    #[error("the request is in progress")]
    InProgress,
    /// A key is not to be had.
    #[error("a key is not to be had")]
    Keys(#[from] KeyringError),
    /// The store does not answer.
    #[error("the session can't be revoked")]
    Store(#[from] StoreError),
    /// The user's sessions kept changing.
    #[error("the user's sessions keep changing")]
    Contended,
    /// The stored answer is not genuine.
    #[error("the answer can't be opened")]
    Open(#[from] OpenRefused),
    /// The answer can't be sealed.
    #[error("the answer can't be sealed")]
    Seal(#[from] SealFailed),
    /// No randomness.
    #[error("there is no randomness")]
    Entropy(#[from] EntropyUnavailable),
}

impl RevokeError {
    /// Whether an execution that ends so has not answered its request for good: every fault of ours.
    pub(crate) const fn leaves_undone(&self) -> bool {
        !matches!(self, Self::KeyReused | Self::InProgress)
    }
}

impl From<RevokeError> for Problem {
    fn from(error: RevokeError) -> Self {
        match error {
            RevokeError::Admission(refusal) => refusal.into(),
            RevokeError::KeyReused => Self::new(ProblemType::IdempotencyKeyReused),
            RevokeError::InProgress => {
                Self { retry_after: Some(Duration::from_secs(1)), ..Self::new(ProblemType::RequestInProgress) }
            }
            RevokeError::Keys(error) => error.into(),
            RevokeError::Store(error) => error.into(),
            RevokeError::Contended => Self::unavailable(&error),
            RevokeError::Open(_) | RevokeError::Seal(_) => Self::internal(&error),
            RevokeError::Entropy(error) => error.into(),
        }
    }
}
