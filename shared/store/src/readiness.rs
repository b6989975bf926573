//! Whether the store answers.

use std::future::Future;

use crate::StoreError;

/// Asks the store for something that need not exist.
pub trait CheckReadiness: Send + Sync {
    /// Succeeds if every table answers.
    fn check_readiness(&self) -> impl Future<Output = Result<(), StoreError>> + Send;
}
