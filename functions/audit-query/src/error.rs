//! Why a trail is not read.

use admission::Refusal;
use audit::{ParseError, RecordError};
use countersign_http::Problem;
use crypto::OpenRefused;
use domain::EntropyUnavailable;
use keyring::KeyringError;
use store::StoreError;
use tokio::time::error::Elapsed;

/// Why a trail is not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The request is not let in.
    #[error("the request is not let in")]
    NotAdmitted(#[from] Refusal),
    /// The key that names the person in the trail is not to be had.
    #[error("a key is not to be had")]
    Keys(#[from] KeyringError),
    /// The person's own key is not genuine.
    #[error("the person's key can't be opened")]
    Open(#[from] OpenRefused),
    /// The store does not answer.
    #[error("the trail can't be read")]
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
    /// That the trail is read is not recorded, so it is not shown.
    #[error("the audit event is not recorded")]
    Audit(#[from] RecordError),
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NotAdmitted(refusal) => refusal.into(),
            ReadError::Keys(error) => error.into(),
            ReadError::Open(_) | ReadError::Corrupt(_) => Self::internal(&error),
            ReadError::Store(error) => error.into(),
            ReadError::Entropy(error) => error.into(),
            ReadError::Late(_) | ReadError::Audit(_) => Self::unavailable(&error),
        }
    }
}
