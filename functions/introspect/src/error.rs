//! Why a token can't be judged.

use admission::Refusal;
use countersign_http::Problem;
use keyring::KeyringError;
use store::StoreError;

/// Why a token can't be judged. Then nothing is said of it: not even that it does not count.
#[derive(Debug, thiserror::Error)]
pub enum IntrospectError {
    /// The request is not let in.
    #[error("the request is not let in")]
    NotAdmitted(#[from] Refusal),
    /// The public keys are not to be had.
    #[error("the public keys are not to be had")]
    Keys(#[from] KeyringError),
    /// The store does not answer.
    #[error("the session can't be read")]
    Store(#[from] StoreError),
}

impl From<IntrospectError> for Problem {
    fn from(error: IntrospectError) -> Self {
        match error {
            IntrospectError::NotAdmitted(refusal) => refusal.into(),
            IntrospectError::Keys(error) => error.into(),
            IntrospectError::Store(error) => error.into(),
        }
    }
}
