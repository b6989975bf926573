//! What can go wrong between a function and a store.

use std::error::Error;

/// A store call that has no outcome.
#[derive(Debug, thiserror::Error)]
#[error("{operation}: {kind}")]
pub struct StoreError {
    /// What the caller can do about it.
    pub kind: StoreErrorKind,
    /// The port that was called, for example `ClaimAttempt`.
    pub operation: &'static str,
    /// What the implementation saw.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

/// Three kinds, because callers can do three things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreErrorKind {
    /// A stored item is impossible: raise the alarm. Answered as 500.
    #[error("a stored item is corrupt")]
    Corrupt,
    /// The store asks to slow down: ask the caller to retry. Answered as 503 with Retry-After.
    #[error("the store is throttling")]
    Throttled,
    /// No answer in time, or none that can be understood; whether the call took effect is unknown. Answered as 503 with
    /// Retry-After.
    #[error("the store is unavailable")]
    Unavailable,
}

impl StoreError {
    /// An error of `kind` at `operation`.
    pub fn new(kind: StoreErrorKind, operation: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind, operation, source: source.into() }
    }
}
