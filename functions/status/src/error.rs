//! Why there is no standing to tell.

use admission::Refusal;
use countersign_http::{Problem, ProblemType};
use keyring::KeyringError;
use store::StoreError;

/// Why there is no standing to tell.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// The request is not let in.
    #[error("the request is not let in")]
    NotAdmitted(#[from] Refusal),
    /// The tenant has no such verification.
    #[error("there is no such verification")]
    Unknown,
    /// The capability is not this verification's.
    #[error("the capability is not this verification's")]
    NotTheHolder,
    /// The key that checks capabilities is not to be had.
    #[error("the capability can't be checked")]
    Keys(#[from] KeyringError),
    /// The store does not answer.
    #[error("the verification can't be read")]
    Store(#[from] StoreError),
}

impl From<StatusError> for Problem {
    fn from(error: StatusError) -> Self {
        match error {
            StatusError::NotAdmitted(refusal) => refusal.into(),
            StatusError::Unknown => Self::new(ProblemType::VerificationNotFound),
            StatusError::NotTheHolder => Self::new(ProblemType::Forbidden),
            StatusError::Keys(error) => error.into(),
            StatusError::Store(error) => error.into(),
        }
    }
}
