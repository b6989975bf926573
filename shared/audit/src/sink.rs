//! The port through which functions record events.

use std::error::Error;
use std::future::Future;

use crate::Event;

/// Records an event.
pub trait RecordEvent: Send + Sync {
    /// Hands the event over for good: once this succeeds, the event outlives the process. Idempotent by the event's id.
    fn record_event(&self, event: &Event) -> impl Future<Output = Result<(), RecordError>> + Send;
}

impl<T: RecordEvent> RecordEvent for std::sync::Arc<T> {
    fn record_event(&self, event: &Event) -> impl Future<Output = Result<(), RecordError>> + Send {
        T::record_event(self, event)
    }
}

/// Whether the event is recorded is unknown: the caller answers 503 with Retry-After, never a success.
#[derive(Debug, thiserror::Error)]
#[error("the audit event was not recorded")]
pub struct RecordError {
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl RecordError {
    /// An error with what the sink saw.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into() }
    }
}
