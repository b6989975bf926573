//! Why no verification is opened.

use admission::Refusal;
use audit::RecordError;
use countersign_http::{Problem, ProblemType};
use crypto::{OpenRefused, SealFailed, VerifierError};
use domain::EntropyUnavailable;
use keyring::KeyringError;
use store::StoreError;

/// Why no verification is opened.
#[derive(Debug, thiserror::Error)]
pub enum InitiateError {
    /// A limit is used up, or the operator's list refuses the request.
    #[error("the request is not let in")]
    Admission(#[from] Refusal),
    /// The idempotency key opened a verification for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The tenant's key is not to be had.
    #[error("the tenant's key is not to be had")]
    Keys(#[from] KeyringError),
    /// The store does not answer.
    #[error("the verification can't be stored")]
    Store(#[from] StoreError),
    /// A stored enrollment is not genuine.
    #[error("the enrollment can't be opened")]
    Open(#[from] OpenRefused),
    /// The event's personal data can't be sealed.
    #[error("the event's personal data can't be sealed")]
    Seal(#[from] SealFailed),
    /// A decoy can't be made.
    #[error("a decoy can't be made")]
    Verifier(#[from] VerifierError),
    /// An enrollment without askable sets, which none is.
    #[error("there is no askable set")]
    NoSets,
    /// No randomness.
    #[error("there is no randomness")]
    Entropy(#[from] EntropyUnavailable),
    /// The audit event is not recorded.
    #[error("the audit event is not recorded")]
    Audit(#[from] RecordError),
}

impl From<InitiateError> for Problem {
    fn from(error: InitiateError) -> Self {
        match error {
            InitiateError::Admission(refusal) => refusal.into(),
            InitiateError::KeyReused => Self::new(ProblemType::IdempotencyKeyReused),
            InitiateError::Keys(error) => error.into(),
            InitiateError::Store(error) => error.into(),
            InitiateError::Open(_) | InitiateError::Seal(_) | InitiateError::Verifier(_) | InitiateError::NoSets => {
                Self::internal(&error)
            }
            InitiateError::Entropy(error) => error.into(),
            InitiateError::Audit(_) => Self::unavailable(&error),
        }
    }
}
