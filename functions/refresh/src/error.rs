//! Why a token is not exchanged, and what the caller is told.

use std::time::Duration;

use admission::Refusal;
use countersign_http::{Problem, ProblemType};
use crypto::{KeyError, OpenRefused, SealFailed};
use domain::EntropyUnavailable;
use keyring::KeyringError;
use store::StoreError;

/// Why a token is not exchanged.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// A limit is used up, or the operator's list refuses the request.
    #[error("the request is not let in")]
    Admission(#[from] Refusal),
    /// The token is not the current one of a live session of this tenant. Callers learn no more than that.
    #[error("the refresh token does not count")]
    InvalidGrant,
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
    #[error("the session can't be read or changed")]
    Store(#[from] StoreError),
    /// The session kept changing.
    #[error("the session keeps changing")]
    Contended,
    /// The token can't be signed.
    #[error("the token can't be signed")]
    Sign(#[source] KeyError),
    /// The answer can't be written.
    #[error("the answer can't be written")]
    Answer(#[source] serde_json::Error),
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

impl RefreshError {
    /// Whether an execution that ends so has not answered its request for good: every fault of ours, and a refusal, which is found
    /// out again.
    pub(crate) const fn leaves_undone(&self) -> bool {
        !matches!(self, Self::KeyReused | Self::InProgress)
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Admission(refusal) => refusal.into(),
            RefreshError::InvalidGrant => Self::new(ProblemType::InvalidGrant),
            RefreshError::KeyReused => Self::new(ProblemType::IdempotencyKeyReused),
            RefreshError::InProgress => {
                Self { retry_after: Some(Duration::from_secs(1)), ..Self::new(ProblemType::RequestInProgress) }
            }
            RefreshError::Keys(error) => error.into(),
            RefreshError::Store(error) => error.into(),
            RefreshError::Contended => Self::unavailable(&error),
            RefreshError::Sign(_) | RefreshError::Answer(_) | RefreshError::Open(_) | RefreshError::Seal(_) => {
                Self::internal(&error)
            }
            RefreshError::Entropy(error) => error.into(),
        }
    }
}
