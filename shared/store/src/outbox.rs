//! The outbox: audit events that the queue has not taken yet. Durable, in the core table.

use std::future::Future;

use domain::EventId;

use crate::StoreError;

/// An event that is kept until it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEvent {
    /// The event's id; another one of the same id is the same event.
    pub id: EventId,
    /// The event's canonical bytes.
    pub payload: Vec<u8>,
}

impl OutboxEvent {
    /// The part of the outbox that the event is kept in: spread, so that no part is hot when the queue is down under load.
    #[must_use]
    pub fn part(&self) -> u8 {
        outbox_part(self.id)
    }
}

/// The part of the outbox that an event of this id is kept in.
#[must_use]
pub fn outbox_part(id: EventId) -> u8 {
    id.as_bytes().last().copied().unwrap_or_default() % OUTBOX_PARTS
}

/// How many parts the outbox has: enough for 16,000 events a second (1,000 writes a second and partition).
pub const OUTBOX_PARTS: u8 = 16;

/// Keeps events that the queue does not take.
///
/// The writes that change durable state keep their event themselves, in the same transaction: see
/// [`CreateEnrollment`](crate::CreateEnrollment), [`RevokeSession`](crate::RevokeSession),
/// [`UnlockAccount`](crate::UnlockAccount), [`ChangeListings`](crate::ChangeListings), [`CreateApiKey`](crate::CreateApiKey),
/// [`RotateApiKey`](crate::RotateApiKey) and [`RevokeApiKey`](crate::RevokeApiKey).
pub trait KeepEvents: Send + Sync {
    /// Keeps all of them; keeping one again changes nothing.
    fn keep_events(&self, events: &[OutboxEvent]) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Empties the outbox. The port of the scheduled drain alone.
pub trait DrainOutbox: Send + Sync {
    /// At most `limit` of the events in a part, oldest ids first, strongly consistent.
    fn outbox_events(&self, part: u8, limit: u16) -> impl Future<Output = Result<Vec<OutboxEvent>, StoreError>> + Send;

    /// Removes events that were sent. One that is not there, or was removed before, is no error.
    fn remove_outbox_events(&self, sent: &[EventId]) -> impl Future<Output = Result<(), StoreError>> + Send;
}
