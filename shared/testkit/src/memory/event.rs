//! The index of the audit trail in memory.

use std::collections::BTreeSet;

use domain::EventId;
use jiff::Timestamp;
use store::{
    EventCursor, EventKey, EventPage, EventQuery, EventRecord, FindEvents, IndexEvents, RecogniseEvents, StoreError,
};

use super::{MemoryStore, stored};

impl IndexEvents for MemoryStore {
    async fn index_events(&self, records: &[EventRecord]) -> Result<Vec<EventId>, StoreError> {
        let mut content = self.content();
        for record in records {
            let record = EventRecord { at: stored(record.at), kept_until: stored(record.kept_until), ..record.clone() };
            content.events.insert(record.key, record);
        }
        Ok(Vec::new())
    }
}

impl RecogniseEvents for MemoryStore {
    async fn recognise_events(&self, keys: &BTreeSet<EventKey>) -> Result<BTreeSet<EventKey>, StoreError> {
        let content = self.content();
        Ok(keys.iter().filter(|key| content.events.contains_key(key)).copied().collect())
    }
}

impl FindEvents for MemoryStore {
    async fn find_events(&self, query: &EventQuery) -> Result<EventPage, StoreError> {
        let content = self.content();
        let mut records: Vec<_> = content.events.values().filter(|record| is_asked_for(record, query)).collect();
        records.sort_by_key(|record| place(record, query));
        let more = records.len() > query.limit.into();
        let records: Vec<_> = records.into_iter().take(query.limit.into()).cloned().collect();
        let next = records.last().filter(|_| more).map(|last| EventCursor { at: last.at, id: last.key.id });
        Ok(EventPage { records, next })
    }
}

fn is_asked_for(record: &EventRecord, query: &EventQuery) -> bool {
    record.key.tenant == query.tenant
        && query.subject.is_none_or(|subject| record.key.subject == subject)
        && (stored(query.from)..stored(query.until)).contains(&record.at)
        && query.after.is_none_or(|after| match query.subject {
            Some(_) => record.key.id > after.id,
            None => (record.at, record.key.id) > (after.at, after.id),
        })
}

/// A person's events stand in the order of their ids, everybody's in the order of time.
fn place(record: &EventRecord, query: &EventQuery) -> (Option<Timestamp>, EventId) {
    (query.subject.is_none().then_some(record.at), record.key.id)
}
