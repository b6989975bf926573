//! Why a user is not enrolled.

use std::time::Duration;

use admission::Refusal;
use audit::RecordError;
use countersign_http::{Problem, ProblemType};
use crypto::{KdfBusy, SealFailed, VerifierError};
use domain::{EnrollmentRefused, EntropyUnavailable};
use keyring::KeyringError;
use store::StoreError;

/// Why a user is not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrollError {
    /// The factors break a rule.
    #[error("the factors can't be enrolled")]
    Refused(#[from] EnrollmentRefused),
    /// A limit is used up, or the operator's list refuses the request.
    #[error("the request is not let in")]
    Admission(#[from] Refusal),
    /// Too many derivations wait. Nothing was begun.
    #[error("the verifiers can't be derived in time")]
    Busy(#[from] KdfBusy),
    /// The user has an enrollment.
    #[error("the user is enrolled already")]
    AlreadyEnrolled,
    /// The user was erased.
    #[error("the user was erased")]
    Erased,
    /// The idempotency key named another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The first request under this idempotency key is not answered yet.
    #[error("the request is in progress")]
    InProgress,
    /// The tenant's key is not to be had.
    #[error("the tenant's key is not to be had")]
    Keys(#[from] KeyringError),
    /// The store does not answer.
    #[error("the enrollment can't be read or stored")]
    Store(#[from] StoreError),
    /// A verifier can't be made.
    #[error("a verifier can't be made")]
    Verifier(#[from] VerifierError),
    /// The record can't be sealed.
    #[error("the enrollment can't be sealed")]
    Seal(#[from] SealFailed),
    /// No randomness.
    #[error("there is no randomness")]
    Entropy(#[from] EntropyUnavailable),
    /// The audit event is not recorded.
    #[error("the audit event is not recorded")]
    Audit(#[from] RecordError),
}

impl EnrollError {
    /// Whether an execution that ends so has not answered its request for good: every fault of ours.
    pub(crate) const fn leaves_undone(&self) -> bool {
        !matches!(self, Self::Refused(_) | Self::AlreadyEnrolled | Self::Erased | Self::KeyReused | Self::InProgress)
    }
}

impl From<EnrollError> for Problem {
    fn from(error: EnrollError) -> Self {
        match error {
            EnrollError::Refused(EnrollmentRefused::Count) => {
                Self::new(ProblemType::PolicyNotSatisfied).at("/factors").detail("an enrollment has 2 to 10 factors")
            }
            EnrollError::Refused(EnrollmentRefused::Categories) => Self::new(ProblemType::PolicyNotSatisfied)
                .at("/factors")
                .detail("an enrollment covers at least 2 of knowledge, possession and inherence"),
            EnrollError::Admission(refusal) => refusal.into(),
            EnrollError::AlreadyEnrolled => Self::new(ProblemType::AlreadyEnrolled),
            EnrollError::Erased => Self::new(ProblemType::UserErased),
            EnrollError::KeyReused => Self::new(ProblemType::IdempotencyKeyReused),
            EnrollError::InProgress => {
                Self { retry_after: Some(Duration::from_secs(1)), ..Self::new(ProblemType::RequestInProgress) }
            }
            EnrollError::Keys(error) => error.into(),
            EnrollError::Store(error) => error.into(),
            EnrollError::Verifier(_) | EnrollError::Seal(_) => Self::internal(&error),
            EnrollError::Entropy(error) => error.into(),
            EnrollError::Busy(_) | EnrollError::Audit(_) => Self::unavailable(&error),
        }
    }
}
