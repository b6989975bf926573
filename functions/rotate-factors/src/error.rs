//! Why factors are not rotated.

use std::time::Duration;

use admission::Refusal;
use countersign_http::{Problem, ProblemType, StepUpRefused};
use crypto::{KdfBusy, OpenRefused, SealFailed, VerifierError};
use domain::{EnrollmentRefused, EntropyUnavailable};
use keyring::KeyringError;
use store::StoreError;

/// Why factors are not rotated.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// The factors break a rule.
    #[error("the factors can't be enrolled")]
    Refused(#[from] EnrollmentRefused),
    /// Too many derivations wait. Nothing was begun.
    #[error("the verifiers can't be derived in time")]
    Busy(#[from] KdfBusy),
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
    #[error("the factors can't be read or stored")]
    Store(#[from] StoreError),
    /// A verifier can't be made.
    #[error("a verifier can't be made")]
    Verifier(#[from] VerifierError),
    /// What is stored is not genuine.
    #[error("the enrollment or the answer can't be opened")]
    Open(#[from] OpenRefused),
    /// The record can't be sealed.
    #[error("the enrollment or the answer can't be sealed")]
    Seal(#[from] SealFailed),
    /// Every version has been used.
    #[error("there is no version left")]
    NoVersionLeft,
    /// The answer can't be written, which our own types never show.
    #[error("the answer can't be written")]
    Answer(#[source] serde_json::Error),
    /// No randomness.
    #[error("there is no randomness")]
    Entropy(#[from] EntropyUnavailable),
}

impl RotateError {
    /// Whether an execution that ends so has not answered its request for good: every fault of ours, and what another token or another
    /// enrollment would mend.
    pub(crate) const fn leaves_undone(&self) -> bool {
        !matches!(self, Self::Refused(_) | Self::KeyReused | Self::InProgress)
    }
}

impl From<RotateError> for Problem {
    fn from(error: RotateError) -> Self {
        match error {
            RotateError::Refused(EnrollmentRefused::Count) => {
                Self::new(ProblemType::PolicyNotSatisfied).at("/factors").detail("an enrollment has 2 to 10 factors")
            }
            RotateError::Refused(EnrollmentRefused::Categories) => Self::new(ProblemType::PolicyNotSatisfied)
                .at("/factors")
                .detail("an enrollment covers at least 2 of knowledge, possession and inherence"),
            RotateError::Admission(refusal) => refusal.into(),
            RotateError::StepUp(refused) => refused.into(),
            RotateError::NotEnrolled => Self::new(ProblemType::EnrollmentNotFound),
            RotateError::KeyReused => Self::new(ProblemType::IdempotencyKeyReused),
            RotateError::InProgress => {
                Self { retry_after: Some(Duration::from_secs(1)), ..Self::new(ProblemType::RequestInProgress) }
            }
            RotateError::Keys(error) => error.into(),
            RotateError::Store(error) => error.into(),
            RotateError::Verifier(_)
            | RotateError::Open(_)
            | RotateError::Seal(_)
            | RotateError::NoVersionLeft
            | RotateError::Answer(_) => Self::internal(&error),
            RotateError::Entropy(error) => error.into(),
            RotateError::Busy(_) => Self::unavailable(&error),
        }
    }
}
