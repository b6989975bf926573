//! Why a session is not revoked.

use audit::RecordError;
use countersign_http::Problem;
use keyring::KeyringError;
use store::StoreError;

/// Why a session is not revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// A key is not to be had.
    #[error("a key is not to be had")]
    Keys(#[from] KeyringError),
    /// The store does not answer.
    #[error("the session can't be revoked")]
    Store(#[from] StoreError),
    /// The audit event is not recorded. Revoking again does both.
    #[error("the audit event is not recorded")]
    Audit(#[from] RecordError),
}

impl From<RevokeError> for Problem {
    fn from(error: RevokeError) -> Self {
        match error {
            RevokeError::Keys(error) => error.into(),
            RevokeError::Store(error) => error.into(),
            RevokeError::Audit(_) => Self::unavailable(&error),
        }
    }
}
