//! Why checkpoints are missing.

use audit_log::{InvalidHeader, NotPublished};
use lambda_runtime::Diagnostic;
use store::{StoreError, StoreErrorKind};
use telemetry::Chain;

/// Why a head was not published. The next run publishes all of them again.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The heads could not be read.
    #[error("the heads of the log are not to be had")]
    Store(#[from] StoreError),
    /// A head is not a header.
    #[error("the head of shard {shard} is corrupt")]
    CorruptHead {
        /// The shard.
        shard: u16,
        /// What it is instead.
        #[source]
        source: InvalidHeader,
    },
    /// The other place did not take it.
    #[error("the checkpoint of shard {shard} was not published")]
    NotPublished {
        /// The shard.
        shard: u16,
        /// Why.
        #[source]
        source: NotPublished,
    },
}

impl PublishError {
    /// The stable name: the `errorType` of the invocation's answer.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store(StoreError { kind: StoreErrorKind::Corrupt, .. }) | Self::CorruptHead { .. } => {
                "corrupt-record"
            }
            Self::Store(_) => "store-unavailable",
            Self::NotPublished { .. } => "not-published",
        }
    }
}

impl From<PublishError> for Diagnostic {
    fn from(error: PublishError) -> Self {
        let chain = Chain::of(&error).to_string();
        tracing::error!(error.code = error.code(), error.chain = chain, "a checkpoint was not published");
        Self { error_type: error.code().to_owned(), error_message: chain }
    }
}
