//! From the SDK's errors to the three kinds that callers can act on.
//!
//! - Throttled: the engine says slow down, or other writes were first at the item (a conflict with a transaction, or a condition
//!   on what was seen before, that outlasted its rounds).
//! - Unavailable: no answer in time, none that can be understood, or one that only a person can mend (no such table, no
//!   permission). Whether the call took effect is unknown.
//! - Corrupt: an item is impossible.
//!
//! Nothing that a caller sent or the table holds is kept in an error: not the SDK's own error either, whose debug form
//! prints whole answers.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId;
use store::{StoreError, StoreErrorKind};

/// What became of a call that has no outcome.
#[derive(Debug, thiserror::Error)]
pub enum EngineFailure {
    /// DynamoDB answered with an error.
    #[error("dynamodb answered {code} to request {request_id}")]
    Answered {
        /// The error's code, for example `ThrottlingException`.
        code: String,
        /// The request, as AWS support knows it.
        request_id: String,
    },
    /// The deadline passed first.
    #[error("dynamodb did not answer in time")]
    TimedOut,
    /// The request could not be sent.
    #[error("dynamodb could not be reached ({0})")]
    NotSent(&'static str),
    /// The answer is not one of DynamoDB's.
    #[error("dynamodb's answer could not be understood")]
    NotUnderstood,
    /// DynamoDB left part of a batch unprocessed each time.
    #[error("dynamodb left items unprocessed each time")]
    Unprocessed,
    /// Every answer was that somebody else had changed the item first.
    #[error("the item was changed by others each time")]
    Contended,
}

/// A stored item that this code cannot have written. Names the place, never a value.
#[derive(Debug, thiserror::Error)]
#[error("item {key} of table {table}: impossible {attribute}")]
pub struct CorruptItem {
    /// The table.
    pub table: String,
    /// The item's key.
    pub key: String,
    /// The attribute, or what they contradict each other about.
    pub attribute: &'static str,
}

/// The store error for an SDK error that is no outcome of `operation`.
pub(crate) fn failure<E, R>(operation: &'static str, error: &SdkError<E, R>) -> StoreError
where
    E: ProvideErrorMetadata,
{
    let failure = match error {
        SdkError::TimeoutError(_) => EngineFailure::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => EngineFailure::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_io() => EngineFailure::NotSent("connection failed"),
        SdkError::DispatchFailure(_) => EngineFailure::NotSent("request not sent"),
        SdkError::ConstructionFailure(_) => EngineFailure::NotSent("request not built"),
        SdkError::ServiceError(answer) => return answered(operation, answer.err()),
        _ => EngineFailure::NotUnderstood,
    };
    StoreError::new(StoreErrorKind::Unavailable, operation, failure)
}

/// The store error for an answer of DynamoDB's that is no outcome of `operation`.
pub(crate) fn answered(operation: &'static str, error: &impl ProvideErrorMetadata) -> StoreError {
    let code = error.code().unwrap_or("no code");
    let kind = if THROTTLING_CODES.contains(&code) { StoreErrorKind::Throttled } else { StoreErrorKind::Unavailable };
    let request_id = error.meta().request_id().unwrap_or("without id").to_owned();
    StoreError::new(kind, operation, EngineFailure::Answered { code: code.to_owned(), request_id })
}

/// Codes by which DynamoDB asks to slow down: the typed ones of its operations, and the reasons for which a transaction
/// is cancelled (API reference, `TransactionCanceledException`).
pub(crate) const THROTTLING_CODES: [&str; 7] = [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
    "ProvisionedThroughputExceeded",
    "ThrottlingError",
];
