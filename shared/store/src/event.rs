//! The index of the audit trail: every event that the log holds, to be found by its subject and by its time.

use std::collections::BTreeSet;
use std::future::Future;

use domain::{EventId, TenantId};
use jiff::Timestamp;

use crate::StoreError;

/// One audit event as the index has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// Where it stands in its subject's trail.
    pub key: EventKey,
    /// When it happened.
    pub at: Timestamp,
    /// Until when it is kept.
    pub kept_until: Timestamp,
    /// The event's canonical bytes.
    pub payload: Vec<u8>,
    /// Where it stands in the log.
    pub position: LogPosition,
}

/// What finds an event: whose it is, whom it is about, and its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey {
    /// The owner of the trail.
    pub tenant: TenantId,
    /// The person it is about, as a keyed pseudonym.
    pub subject: [u8; 16],
    /// The event.
    pub id: EventId,
}

/// Where an event stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPosition {
    /// The shard.
    pub shard: u16,
    /// The batch within the shard, from 1.
    pub batch: u64,
    /// The event within the batch, from 0.
    pub index: u32,
}

/// Indexes what the log holds.
pub trait IndexEvents: Send + Sync {
    /// Puts the records, however many, in as few calls as the store allows; putting one again changes nothing, since the log
    /// holds an event at one position only. The answer lists the ids that are not indexed, if any.
    fn index_events(&self, records: &[EventRecord]) -> impl Future<Output = Result<Vec<EventId>, StoreError>> + Send;
}

/// Tells which events are indexed.
pub trait RecogniseEvents: Send + Sync {
    /// Those of the keys that the index has, strongly consistent, in as few calls as the store allows.
    fn recognise_events(
        &self,
        keys: &BTreeSet<EventKey>,
    ) -> impl Future<Output = Result<BTreeSet<EventKey>, StoreError>> + Send;
}

/// Reads events.
pub trait FindEvents: Send + Sync {
    /// A page of a tenant's events, strongly consistent.
    fn find_events(&self, query: &EventQuery) -> impl Future<Output = Result<EventPage, StoreError>> + Send;
}

/// Which events are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQuery {
    /// The owner of the trail.
    pub tenant: TenantId,
    /// Of one person (oldest first, by id), or of everybody (oldest first, by `at` and then id).
    pub subject: Option<[u8; 16]>,
    /// The first instant of `at`, in whole milliseconds.
    pub from: Timestamp,
    /// The first instant of `at` that is too late.
    pub until: Timestamp,
    /// Where the page before ended.
    pub after: Option<EventCursor>,
    /// At most this many.
    pub limit: u16,
}

/// Where a page ended: what comes next is later than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventCursor {
    /// No event up to here is missing: the `at` of the last one, or how far an empty stretch of time was searched.
    pub at: Timestamp,
    /// The last event; the nil id after an empty stretch.
    pub id: EventId,
}

/// A page of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// The events; perhaps none, though there are more.
    pub records: Vec<EventRecord>,
    /// Where to go on; `None` if there is nothing more.
    pub next: Option<EventCursor>,
}
