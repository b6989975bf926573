//! What becomes of a call to the cache that has no outcome. Nothing that a caller sent or the cache holds is kept in an error.

use store::{StoreError, StoreErrorKind};

/// Why the cache gave no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CacheFailure {
    /// The deadline passed first.
    #[error("the cache did not answer in time")]
    TimedOut,
    /// There is no connection to be had.
    #[error("the cache could not be connected to ({0})")]
    NotConnected(&'static str),
    /// The connection ended before the answer came.
    #[error("the connection to the cache broke")]
    Broken,
    /// An error of the server's.
    #[error("the cache answered {0}")]
    Answered(String),
    /// It did not answer lately and is not asked now.
    #[error("the cache did not answer lately and is left alone")]
    LeftAlone,
    /// An answer that contradicts what was asked for.
    #[error("the cache's answer could not be understood")]
    NotUnderstood,
}

impl CacheFailure {
    /// Whether another connection may do better.
    pub(crate) fn is_of_the_connection(&self) -> bool {
        matches!(self, Self::TimedOut | Self::NotConnected(_) | Self::Broken)
    }

    /// The error of a port.
    pub(crate) fn at(self, operation: &'static str) -> StoreError {
        StoreError::new(StoreErrorKind::Unavailable, operation, self)
    }
}

/// A stored entry that this code cannot have written. Names the place, never a value.
#[derive(Debug, thiserror::Error)]
#[error("entry {key} of the cache: impossible {part}")]
pub struct CorruptEntry {
    /// The entry's key as text.
    pub key: String,
    /// What is impossible about it.
    pub part: &'static str,
}
