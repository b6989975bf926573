//! A turn at one shard of the log: what is done under its lease.
//!
//! ```text
//! lease ─ settle the batch before, if its writer died ─ recognise ─ store payload ─ append ─┬─ store header ─┬─ release: settled
//!                                                                        (the commit)       └─ index events ─┘
//! ```
//! A payload without its batch, which a writer leaves that dies before the commit, belongs to no header and harms nobody.
//! The lease only spares writers useless work: what keeps two of them from appending is the condition of the commit. So a turn
//! may take longer than its lease.

use std::collections::BTreeSet;

use audit::Event;
use audit_log::{KeepObjects, NewBatch, SignHeaders, SignedHeader, open_batch, seal_batch};
use domain::EventId;
use store::{Append, LogHead, LogPosition, ShardLease};

use crate::delivery::Entry;
use crate::error::TurnError;
use crate::progress::Novelty;
use crate::{LogStore, Ports};

/// A turn, and how far it came.
pub(crate) struct Turn<'a, S, O, K, Q> {
    ports: &'a Ports<S, O, K, Q>,
    lease: ShardLease,
    settled: Option<u64>,
}

impl<'a, S: LogStore, O: KeepObjects, K: SignHeaders, Q: Sync> Turn<'a, S, O, K, Q> {
    /// A turn under a lease that was given.
    pub(crate) const fn new(ports: &'a Ports<S, O, K, Q>, lease: ShardLease) -> Self {
        Self { ports, lease, settled: None }
    }

    /// Brings the events into the log and the index, which ends at `head`, but for those that are there. Gives all of them that
    /// are in both by then.
    pub(crate) async fn write(
        &mut self,
        head: &LogHead,
        entries: Vec<Entry>,
    ) -> Result<Vec<(Event, Novelty)>, TurnError> {
        if head.batch > 0 && !head.is_settled {
            self.settle(head).await?;
        }
        let keys = entries.iter().map(|entry| entry.event.key()).collect();
        let recognised = self.ports.store.recognise_events(&keys).await?;
        let (known, new): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| recognised.contains(&entry.event.key()));
        let known = known.into_iter().map(|entry| (entry.event, Novelty::Known));
        let new = self.append(head, new).await?.into_iter().map(|event| (event, Novelty::New));
        Ok(known.chain(new).collect())
    }

    /// Ends the turn. If that fails, the lease ends by itself.
    pub(crate) async fn release(self) {
        let shard = self.lease.shard;
        if let Err(error) = self.ports.store.release_shard(&self.lease, self.settled).await {
            tracing::warn!(log.shard = shard, error.chain = %telemetry::Chain::of(&error), "a shard was not released");
        }
    }

    /// Appends one batch. Gives its events, but for those that are not indexed yet.
    async fn append(&mut self, head: &LogHead, new: Vec<Entry>) -> Result<Vec<Event>, TurnError> {
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let (mut events, payloads): (Vec<_>, Vec<_>) =
            new.into_iter().map(|entry| (entry.event, entry.payload)).unzip();
        let Ports { store, objects, key, shards, clock, .. } = self.ports;
        let batch = NewBatch { shard: self.lease.shard, shards: *shards, at: clock.now(), payloads: &payloads };
        let sealed = seal_batch(batch, head, key).await?;
        objects.put_object(&sealed.payload_name, &sealed.payload).await?;
        drop((payloads, sealed.payload));
        if store.append_batch(&self.lease, &sealed.head).await? == Append::Lost {
            return Err(TurnError::Lost);
        }
        let not_indexed = self.publish(&sealed.header, &events).await?;
        events.retain(|event| !not_indexed.contains(&event.id));
        Ok(events)
    }

    /// Does what the writer of the last batch has not done, or has not said that it did.
    async fn settle(&mut self, head: &LogHead) -> Result<(), TurnError> {
        let header = SignedHeader::parse(&head.header)?;
        let payload = self.ports.objects.read_object(&header.header().payload_name()).await?;
        let payload = payload.ok_or(TurnError::NoPayload)?;
        let events = open_batch(header.header(), &payload)?;
        if !self.publish(&header, &events).await?.is_empty() {
            return Err(TurnError::NotIndexed);
        }
        tracing::warn!(
            log.shard = self.lease.shard,
            log.batch = head.batch,
            "a batch was settled that its writer left"
        );
        Ok(())
    }

    /// Makes an appended batch known: its header beside its payload, its events in the index. Gives the events that are not
    /// indexed; if there are none, the batch is settled.
    async fn publish(&mut self, header: &SignedHeader, events: &[Event]) -> Result<BTreeSet<EventId>, TurnError> {
        let Ports { store, objects, .. } = self.ports;
        let (shard, batch) = (self.lease.shard, header.header().batch);
        let records: Vec<_> =
            (0..).zip(events).map(|(index, event)| event.record_at(LogPosition { shard, batch, index })).collect();
        let (name, bytes) = (header.header().header_name(), header.to_bytes());
        let (stored, indexed) = tokio::join!(objects.put_object(&name, &bytes), store.index_events(&records));
        stored?;
        let not_indexed = indexed?;
        if not_indexed.is_empty() {
            self.settled = Some(batch);
        }
        Ok(not_indexed.into_iter().collect())
    }
}
