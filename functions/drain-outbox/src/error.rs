//! Why a run ended early.

use audit::SendError;
use lambda_runtime::Diagnostic;
use store::{StoreError, StoreErrorKind};
use telemetry::Chain;

/// Why the outbox was not drained. What is still in it stays there.
#[derive(Debug, thiserror::Error)]
pub enum DrainError {
    /// The queue does not take events.
    #[error("the outbox was not drained")]
    Queue(#[from] SendError),
    /// A part of the outbox could not be read or emptied.
    #[error("the outbox was not drained")]
    Store(#[from] StoreError),
}

impl DrainError {
    /// The stable name: the `errorType` of the invocation's answer.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Queue(_) => "queue-unavailable",
            Self::Store(StoreError { kind: StoreErrorKind::Corrupt, .. }) => "corrupt-record",
            Self::Store(_) => "store-unavailable",
        }
    }
}

impl From<DrainError> for Diagnostic {
    fn from(error: DrainError) -> Self {
        let chain = Chain::of(&error).to_string();
        tracing::error!(error.code = error.code(), error.chain = chain, "the outbox was not drained");
        Self { error_type: error.code().to_owned(), error_message: chain }
    }
}
