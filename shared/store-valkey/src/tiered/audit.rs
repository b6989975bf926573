//! Ports of the audit trail: passed through. Nothing of it is ever in the cache, which may forget.

use std::collections::BTreeSet;

use domain::EventId;
use jiff::Timestamp;
use store::{
    Append, AppendBatch, DrainOutbox, EventKey, EventPage, EventQuery, EventRecord, FindEvents, FindLogHeads,
    IndexEvents, KeepEvents, LeaseShard, Leasing, LogHead, OutboxEvent, RecogniseEvents, ShardLease, StoreError,
};

use crate::Tiered;

impl<D: KeepEvents> KeepEvents for Tiered<D> {
    async fn keep_events(&self, events: &[OutboxEvent]) -> Result<(), StoreError> {
        self.durable.keep_events(events).await
    }
}

impl<D: DrainOutbox> DrainOutbox for Tiered<D> {
    async fn outbox_events(&self, part: u8, limit: u16) -> Result<Vec<OutboxEvent>, StoreError> {
        self.durable.outbox_events(part, limit).await
    }

    async fn remove_outbox_events(&self, sent: &[EventId]) -> Result<(), StoreError> {
        self.durable.remove_outbox_events(sent).await
    }
}

impl<D: IndexEvents> IndexEvents for Tiered<D> {
    async fn index_events(&self, records: &[EventRecord]) -> Result<Vec<EventId>, StoreError> {
        self.durable.index_events(records).await
    }
}

impl<D: RecogniseEvents> RecogniseEvents for Tiered<D> {
    async fn recognise_events(&self, keys: &BTreeSet<EventKey>) -> Result<BTreeSet<EventKey>, StoreError> {
        self.durable.recognise_events(keys).await
    }
}

impl<D: FindEvents> FindEvents for Tiered<D> {
    async fn find_events(&self, query: &EventQuery) -> Result<EventPage, StoreError> {
        self.durable.find_events(query).await
    }
}

impl<D: LeaseShard> LeaseShard for Tiered<D> {
    async fn lease_shard(&self, lease: &ShardLease, now: Timestamp, until: Timestamp) -> Result<Leasing, StoreError> {
        self.durable.lease_shard(lease, now, until).await
    }

    async fn release_shard(&self, lease: &ShardLease, settled: Option<u64>) -> Result<(), StoreError> {
        self.durable.release_shard(lease, settled).await
    }
}

impl<D: AppendBatch> AppendBatch for Tiered<D> {
    async fn append_batch(&self, lease: &ShardLease, head: &LogHead) -> Result<Append, StoreError> {
        self.durable.append_batch(lease, head).await
    }
}

impl<D: FindLogHeads> FindLogHeads for Tiered<D> {
    async fn find_log_heads(&self, shards: u16) -> Result<Vec<(u16, LogHead)>, StoreError> {
        self.durable.find_log_heads(shards).await
    }
}
