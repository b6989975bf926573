//! Why a user is not erased.

use std::time::Duration;

use admission::Refusal;
use countersign_http::{Problem, ProblemType, StepUpRefused};
use crypto::{OpenRefused, SealFailed};
use domain::EntropyUnavailable;
use keyring::KeyringError;
use store::StoreError;

/// Why a user is not erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// A limit is used up, or the operator's list refuses the request.
    #[error("the request is not let in")]
    Admission(#[from] Refusal),
    /// The user was not verified just now.
    #[error("the user has not stepped up")]
    StepUp(#[from] StepUpRefused),
    /// The tenant has no such user.
    #[error("the user is not enrolled")]
    NotEnrolled,
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
    #[error("the user can't be read or erased")]
    Store(#[from] StoreError),
    /// The stored answer is not genuine.
    #[error("the answer can't be opened")]
    Open(#[from] OpenRefused),
    /// The answer can't be sealed.
    #[error("the answer can't be sealed")]
    Seal(#[from] SealFailed),
    /// The answer can't be written, which our own types never show.
    #[error("the answer can't be written")]
    Answer(#[source] serde_json::Error),
    /// No randomness.
    #[error("there is no randomness")]
    Entropy(#[from] EntropyUnavailable),
}

impl EraseError {
    /// Whether an execution that ends so has not answered its request for good: every fault of ours, and what another token would mend.
    pub(crate) const fn leaves_undone(&self) -> bool {
        !matches!(self, Self::KeyReused | Self::InProgress)
    }
}

impl From<EraseError> for Problem {
    fn from(error: EraseError) -> Self {
        match error {
            EraseError::Admission(refusal) => refusal.into(),
            EraseError::StepUp(refused) => refused.into(),
            EraseError::NotEnrolled => Self::new(ProblemType::EnrollmentNotFound),
            EraseError::KeyReused => Self::new(ProblemType::IdempotencyKeyReused),
            EraseError::InProgress => {
                Self { retry_after: Some(Duration::from_secs(1)), ..Self::new(ProblemType::RequestInProgress) }
            }
            EraseError::Keys(error) => error.into(),
            EraseError::Store(error) => error.into(),
            EraseError::Open(_) | EraseError::Seal(_) | EraseError::Answer(_) => Self::internal(&error),
            EraseError::Entropy(error) => error.into(),
        }
    }
}
