//! Audit events in memory.

use domain::{EventId, TenantId};
use store::{EventRecord, FindEvents, StoreError, StoreEvents};

use super::{MemoryStore, stored};

impl StoreEvents for MemoryStore {
    async fn store_events(&self, records: &[EventRecord]) -> Result<Vec<EventId>, StoreError> {
        let mut content = self.content();
        for record in records {
            let record = EventRecord { at: stored(record.at), kept_until: stored(record.kept_until), ..record.clone() };
            content.events.entry((record.tenant, record.subject, record.id)).or_insert(record);
        }
        Ok(Vec::new())
    }
}

impl FindEvents for MemoryStore {
    async fn find_events(
        &self,
        tenant: TenantId,
        subject: [u8; 16],
        limit: u16,
    ) -> Result<Vec<EventRecord>, StoreError> {
        let content = self.content();
        let of_subject = content.events.values().filter(|record| record.tenant == tenant && record.subject == subject);
        Ok(of_subject.take(limit.into()).cloned().collect())
    }
}
