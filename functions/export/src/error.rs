//! Why nothing is exported.

use admission::Refusal;
use audit::{ParseError, RecordError};
use countersign_http::{Problem, ProblemType, StepUpRefused};
use crypto::{OpenRefused, SealFailed};
use domain::EntropyUnavailable;
use keyring::KeyringError;
use store::StoreError;
use tokio::time::error::Elapsed;

/// Why nothing is exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The request is not let in.
    #[error("the request is not let in")]
    NotAdmitted(#[from] Refusal),
    /// The user was not verified just now.
    #[error("the user has not stepped up")]
    StepUp(#[from] StepUpRefused),
    /// The tenant has no such user.
    #[error("the user is not enrolled")]
    NotEnrolled,
    /// A key is not to be had.
    #[error("a key is not to be had")]
    Keys(#[from] KeyringError),
    /// What is stored is not genuine.
    #[error("what is stored of the user can't be opened")]
    Open(#[from] OpenRefused),
    /// The event's personal data can't be sealed.
    #[error("the event can't be sealed")]
    Seal(#[from] SealFailed),
    /// The store does not answer.
    #[error("what is stored of the user can't be read")]
    Store(#[from] StoreError),
    /// Finding the page took too long.
    #[error("the page was not found in time")]
    Late(#[from] Elapsed),
    /// The index holds something that is no event.
    #[error("the index holds something that is no event")]
    Corrupt(#[from] ParseError),
    /// No randomness.
    #[error("there is no randomness")]
    Entropy(#[from] EntropyUnavailable),
    /// That the page is given is not recorded, so it is not given.
    #[error("the audit event is not recorded")]
    Audit(#[from] RecordError),
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::NotAdmitted(refusal) => refusal.into(),
            ExportError::StepUp(refused) => refused.into(),
            ExportError::NotEnrolled => Self::new(ProblemType::EnrollmentNotFound),
            ExportError::Keys(error) => error.into(),
            ExportError::Open(_) | ExportError::Seal(_) | ExportError::Corrupt(_) => Self::internal(&error),
            ExportError::Store(error) => error.into(),
            ExportError::Entropy(error) => error.into(),
            ExportError::Late(_) | ExportError::Audit(_) => Self::unavailable(&error),
        }
    }
}
