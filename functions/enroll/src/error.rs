//! Why a user is not enrolled.

use audit::RecordError;
use countersign_http::{Problem, ProblemType};
use crypto::{SealFailed, VerifierError};
use domain::{EnrollmentRefused, EntropyUnavailable};
use keyring::KeyringError;
use store::StoreError;

/// Why a user is not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrollError {
    /// The factors break a rule.
    #[error("the factors can't be enrolled")]
    Refused(#[from] EnrollmentRefused),
    /// The user has an enrollment.
    #[error("the user is enrolled already")]
    AlreadyEnrolled,
    /// The idempotency key made another enrollment of this user.
    #[error("the idempotency key was used for another request")]
    KeyReused,
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

impl From<EnrollError> for Problem {
    fn from(error: EnrollError) -> Self {
        match error {
            EnrollError::Refused(EnrollmentRefused::Count) => {
                Self::new(ProblemType::PolicyNotSatisfied).at("/factors").detail("an enrollment has 2 to 10 factors")
            }
            EnrollError::Refused(EnrollmentRefused::Categories) => Self::new(ProblemType::PolicyNotSatisfied)
                .at("/factors")
                .detail("an enrollment covers at least 2 of knowledge, possession and inherence"),
            EnrollError::AlreadyEnrolled => Self::new(ProblemType::AlreadyEnrolled),
            EnrollError::KeyReused => Self::new(ProblemType::IdempotencyKeyReused),
            EnrollError::Keys(error) => error.into(),
            EnrollError::Store(error) => error.into(),
            EnrollError::Verifier(_) | EnrollError::Seal(_) => Self::internal(&error),
            EnrollError::Entropy(error) => error.into(),
            EnrollError::Audit(error) => Self::unavailable(&error),
        }
    }
}
