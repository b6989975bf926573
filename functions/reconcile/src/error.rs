//! Why a verification could not be reconciled.

use audit::RecordError;
use keyring::KeyringError;
use store::StoreError;

/// Why a verification could not be reconciled with its trail now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReconcileError {
    /// The verification, the account or the trail can't be read.
    #[error("the verification or its trail can't be read")]
    Store(#[from] StoreError),
    /// The tenant's key is not to be had.
    #[error("the tenant's key is not to be had")]
    Keys(#[from] KeyringError),
    /// What was missing could not be recorded.
    #[error("what was missing could not be recorded")]
    Audit(#[from] RecordError),
    /// The message came before the verification was over.
    #[error("the verification is not over yet")]
    NotOver,
}
