//! Audit events at rest.

use std::future::Future;

use domain::{EventId, TenantId};
use jiff::Timestamp;

use crate::StoreError;

/// One audit event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// The event's id; a second record of the same id is the same record.
    pub id: EventId,
    /// The owner.
    pub tenant: TenantId,
    /// The person it is about, as a keyed pseudonym.
    pub subject: [u8; 16],
    /// When it happened.
    pub at: Timestamp,
    /// Until when it is kept.
    pub kept_until: Timestamp,
    /// The event's canonical bytes.
    pub payload: Vec<u8>,
}

/// Stores audit events.
pub trait StoreEvents: Send + Sync {
    /// Stores the records, however many, in as few calls as the store allows; idempotent by id. The answer lists the ids
    /// that are not stored, if any: the caller delivers them again.
    fn store_events(&self, records: &[EventRecord]) -> impl Future<Output = Result<Vec<EventId>, StoreError>> + Send;
}

/// Reads audit events.
pub trait FindEvents: Send + Sync {
    /// A subject's events, oldest first by their ids, which begin with their time; at most `limit`.
    fn find_events(
        &self,
        tenant: TenantId,
        subject: [u8; 16],
        limit: u16,
    ) -> impl Future<Output = Result<Vec<EventRecord>, StoreError>> + Send;
}
