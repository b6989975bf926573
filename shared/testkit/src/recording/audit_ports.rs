//! The ports of the audit trail of an observed store: the inner store's, recorded and struck. The number is that of the items
//! written.

use std::collections::BTreeSet;

use domain::EventId;
use jiff::Timestamp;
use store::{
    Append, AppendBatch, DrainOutbox, EventKey, EventPage, EventQuery, EventRecord, FindEvents, FindLogHeads,
    IndexEvents, KeepEvents, LeaseShard, Leasing, LogHead, OutboxEvent, RecogniseEvents, ShardLease, StoreError,
};

use super::RecordingStore;

impl<S: KeepEvents> KeepEvents for RecordingStore<S> {
    async fn keep_events(&self, events: &[OutboxEvent]) -> Result<(), StoreError> {
        self.run("KeepEvents", events.len(), self.inner.keep_events(events)).await
    }
}

impl<S: DrainOutbox> DrainOutbox for RecordingStore<S> {
    async fn outbox_events(&self, part: u8, limit: u16) -> Result<Vec<OutboxEvent>, StoreError> {
        self.run("DrainOutbox", 0, self.inner.outbox_events(part, limit)).await
    }

    async fn remove_outbox_events(&self, sent: &[EventId]) -> Result<(), StoreError> {
        self.run("DrainOutbox", sent.len(), self.inner.remove_outbox_events(sent)).await
    }
}

impl<S: LeaseShard> LeaseShard for RecordingStore<S> {
    async fn lease_shard(&self, lease: &ShardLease, now: Timestamp, until: Timestamp) -> Result<Leasing, StoreError> {
        self.run("LeaseShard", 1, self.inner.lease_shard(lease, now, until)).await
    }

    async fn release_shard(&self, lease: &ShardLease, settled: Option<u64>) -> Result<(), StoreError> {
        self.run("LeaseShard", 1, self.inner.release_shard(lease, settled)).await
    }
}

impl<S: AppendBatch> AppendBatch for RecordingStore<S> {
    async fn append_batch(&self, lease: &ShardLease, head: &LogHead) -> Result<Append, StoreError> {
        self.run("AppendBatch", 1, self.inner.append_batch(lease, head)).await
    }
}

impl<S: FindLogHeads> FindLogHeads for RecordingStore<S> {
    async fn find_log_heads(&self, shards: u16) -> Result<Vec<(u16, LogHead)>, StoreError> {
        self.run("FindLogHeads", 0, self.inner.find_log_heads(shards)).await
    }
}

impl<S: IndexEvents> IndexEvents for RecordingStore<S> {
    async fn index_events(&self, records: &[EventRecord]) -> Result<Vec<EventId>, StoreError> {
        self.run("IndexEvents", 2 * records.len(), self.inner.index_events(records)).await
    }
}

impl<S: RecogniseEvents> RecogniseEvents for RecordingStore<S> {
    async fn recognise_events(&self, keys: &BTreeSet<EventKey>) -> Result<BTreeSet<EventKey>, StoreError> {
        self.run("RecogniseEvents", 0, self.inner.recognise_events(keys)).await
    }
}

impl<S: FindEvents> FindEvents for RecordingStore<S> {
    async fn find_events(&self, query: &EventQuery) -> Result<EventPage, StoreError> {
        self.run("FindEvents", 0, self.inner.find_events(query)).await
    }
}
