//! The outbox in memory.

use domain::EventId;
use store::{DrainOutbox, KeepEvents, OutboxEvent, StoreError, outbox_part};

use super::{Content, MemoryStore};

impl KeepEvents for MemoryStore {
    async fn keep_events(&self, events: &[OutboxEvent]) -> Result<(), StoreError> {
        let mut content = self.content();
        for event in events {
            keep(&mut content, event);
        }
        Ok(())
    }
}

impl DrainOutbox for MemoryStore {
    async fn outbox_events(&self, part: u8, limit: u16) -> Result<Vec<OutboxEvent>, StoreError> {
        let content = self.content();
        let of_part = content.outbox.iter().filter(|(id, _)| outbox_part(**id) == part);
        Ok(of_part.take(limit.into()).map(|(id, payload)| OutboxEvent { id: *id, payload: payload.clone() }).collect())
    }

    async fn remove_outbox_events(&self, sent: &[EventId]) -> Result<(), StoreError> {
        let mut content = self.content();
        for id in sent {
            content.outbox.remove(id);
        }
        Ok(())
    }
}

/// Keeps the event in the write that it reports.
pub(super) fn keep(content: &mut Content, event: &OutboxEvent) {
    content.outbox.entry(event.id).or_insert_with(|| event.payload.clone());
}
