//! The ports through which functions hand events over.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;

use domain::EventId;

use crate::Event;

/// Sends events to the audit queue.
pub trait SendEvents: Send + Sync {
    /// Sends all of them, in as few calls as the queue allows, and gives those that it did not take, if any. Sending an event again is
    /// harmless: the log is idempotent by its id. Bounded in time by the implementation.
    ///
    /// # Errors
    /// [`SendError`] if the queue refuses or does not answer: which of them it took is unknown.
    fn send_events(&self, events: &[Event]) -> impl Future<Output = Result<Vec<EventId>, SendError>> + Send;
}

/// Records events: what every function that changes or refuses something works with.
pub trait RecordEvents: Send + Sync {
    /// Hands the events over for good, to the queue or else to the outbox: once this succeeds, they outlive the process.
    /// Idempotent by their ids. None is fine, and costs nothing.
    ///
    /// # Errors
    /// [`RecordError`] if neither takes them: the caller answers 503 with Retry-After, never a success.
    fn record_events(&self, events: &[Event]) -> impl Future<Output = Result<(), RecordError>> + Send;

    /// Sends an event that the store has kept in the outbox already, so that it need not wait for the drain. Can't fail: the drain
    /// sends it in any case.
    fn announce(&self, event: &Event) -> impl Future<Output = ()> + Send;
}

impl<T: SendEvents> SendEvents for Arc<T> {
    fn send_events(&self, events: &[Event]) -> impl Future<Output = Result<Vec<EventId>, SendError>> + Send {
        T::send_events(self, events)
    }
}

impl<T: RecordEvents> RecordEvents for Arc<T> {
    fn record_events(&self, events: &[Event]) -> impl Future<Output = Result<(), RecordError>> + Send {
        T::record_events(self, events)
    }

    fn announce(&self, event: &Event) -> impl Future<Output = ()> + Send {
        T::announce(self, event)
    }
}

/// The queue did not take the events, as far as anybody knows.
#[derive(Debug, thiserror::Error)]
#[error("the audit queue does not answer")]
pub struct SendError {
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl SendError {
    /// An error with what the sender saw.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into() }
    }
}

/// Whether the events are recorded is unknown.
#[derive(Debug, thiserror::Error)]
#[error("the audit events were not recorded")]
pub struct RecordError {
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl RecordError {
    /// An error with what the recorder saw.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into() }
    }
}
