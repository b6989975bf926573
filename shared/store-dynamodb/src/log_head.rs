//! The heads of the audit log's shards: one item each, with the lease of the shard, so that appending under a lease is one
//! conditional write.
//!
//! ```text
//! leased                       until
//!   ┼── nobody else can have it ┼── who asks becomes the holder; until then, the old one can still append ──▶
//! ```

use jiff::Timestamp;
use store::{Append, AppendBatch, FindLogHeads, LeaseShard, Leasing, LogHead, ShardLease, StoreError};

use crate::batch::{Wanted, key_of};
use crate::call::{Update, not_understood};
use crate::change::Change;
use crate::item::{Item, bytes, instant, whole_number};
use crate::keys;
use crate::reader::Reader;
use crate::{DynamoStore, KnowsAudit};

impl<T: KnowsAudit> LeaseShard for DynamoStore<T> {
    /// One conditional `UpdateItem`. An SDK retry after a lost answer is the holder's, and leases once more.
    async fn lease_shard(&self, lease: &ShardLease, now: Timestamp, until: Timestamp) -> Result<Leasing, StoreError> {
        let operation = "LeaseShard";
        let set = "SET #holder = :holder, #until = :until, \
                   #batch = if_not_exists(#batch, :none), #settled = if_not_exists(#settled, :none)";
        let change = of_holder(lease, set)
            .only_if("attribute_not_exists(#holder) OR #holder = :holder OR #until <= :now")
            .name("#until", UNTIL)
            .name("#batch", BATCH)
            .name("#settled", SETTLED)
            .value(":until", instant(until))
            .value(":now", instant(now))
            .value(":none", whole_number(0));

        match self.update(operation, self.tables.audit(), change).await? {
            Update::Done(item) => Ok(Leasing::Leased(self.parse_shard(operation, lease.shard, &item)?.head)),
            Update::Refused(item) => {
                let item = item.ok_or_else(|| not_understood(operation))?;
                let turn = self.parse_shard(operation, lease.shard, &item)?.turn;
                turn.map(|turn| Leasing::Held { until: turn.until }).ok_or_else(|| not_understood(operation))
            }
        }
    }

    /// One conditional `UpdateItem`; a second one if the batch that is settled is not the last. Repeating it changes nothing.
    async fn release_shard(&self, lease: &ShardLease, settled: Option<u64>) -> Result<(), StoreError> {
        let operation = "LeaseShard";
        if let Some(settled) = settled.filter(|batch| *batch > 0) {
            let change = of_holder(lease, "SET #settled = :settled REMOVE #holder, #until")
                .only_if("#holder = :holder AND #batch = :settled")
                .name("#until", UNTIL)
                .name("#batch", BATCH)
                .name("#settled", SETTLED)
                .value(":settled", whole_number(settled));
            if let Update::Done(_) = self.update(operation, self.tables.audit(), change).await? {
                return Ok(());
            }
        }
        let change = of_holder(lease, "REMOVE #holder, #until").only_if("#holder = :holder").name("#until", UNTIL);
        match self.update(operation, self.tables.audit(), change).await? {
            Update::Done(_) | Update::Refused(_) => Ok(()),
        }
    }
}

impl<T: KnowsAudit> AppendBatch for DynamoStore<T> {
    /// One conditional `UpdateItem`. An SDK retry after a lost answer meets its own header, which is `Appended` again.
    async fn append_batch(&self, lease: &ShardLease, head: &LogHead) -> Result<Append, StoreError> {
        let operation = "AppendBatch";
        let Some(previous) = head.batch.checked_sub(1) else { return Err(not_understood(operation)) };
        let change = of_holder(lease, "SET #batch = :batch, #header = :header, #edge = :edge")
            .only_if("#holder = :holder AND #batch = :previous")
            .name("#batch", BATCH)
            .name("#header", HEADER)
            .name("#edge", EDGE)
            .value(":batch", whole_number(head.batch))
            .value(":previous", whole_number(previous))
            .value(":header", bytes(head.header.as_slice()))
            .value(":edge", bytes(head.edge.concat()));

        match self.update(operation, self.tables.audit(), change).await? {
            Update::Done(_) => Ok(Append::Appended),
            Update::Refused(None) => Ok(Append::Lost),
            Update::Refused(Some(item)) => {
                let found = self.parse_shard(operation, lease.shard, &item)?;
                let is_ours = found.turn.is_some_and(|turn| turn.holder == lease.holder)
                    && (found.head.batch, &found.head.header) == (head.batch, &head.header);
                Ok(if is_ours { Append::Appended } else { Append::Lost })
            }
        }
    }
}

impl<T: KnowsAudit> FindLogHeads for DynamoStore<T> {
    /// `BatchGetItem`s of 100.
    async fn find_log_heads(&self, shards: u16) -> Result<Vec<(u16, LogHead)>, StoreError> {
        let operation = "FindLogHeads";
        let keys = (0..shards).map(keys::log_head).collect();
        let found = self.read_batches(operation, self.tables.audit(), keys, Wanted::Whole).await?;
        let mut heads = Vec::new();
        for shard in 0..shards {
            let key = keys::log_head(shard);
            let Some(item) = found.iter().find(|item| key_of(item).as_ref() == Some(&key)) else { continue };
            let head = self.parse_shard(operation, shard, item)?.head;
            heads.extend((head.batch > 0).then_some((shard, head)));
        }
        Ok(heads)
    }
}

impl<T: KnowsAudit> DynamoStore<T> {
    fn parse_shard(&self, operation: &'static str, shard: u16, item: &Item) -> Result<Shard, StoreError> {
        parse(&Reader { operation, table: self.tables.audit(), key: &keys::log_head(shard), item })
    }
}

/// A shard of the log.
pub(crate) struct Shard {
    pub(crate) head: LogHead,
    /// Whose turn it is to append.
    pub(crate) turn: Option<Turn>,
}

/// Whose turn it is, and until when nobody else can take it.
pub(crate) struct Turn {
    pub(crate) holder: [u8; 16],
    pub(crate) until: Timestamp,
}

/// A change of a shard; `:holder` is the lease's.
fn of_holder(lease: &ShardLease, update: &str) -> Change {
    Change::new(keys::log_head(lease.shard), update).name("#holder", HOLDER).value(":holder", bytes(lease.holder))
}

/// Reads a shard, and refuses one that nothing leads to: a header without a batch or a batch without one, half a lease, half a hash,
/// or something settled that was never appended.
pub(crate) fn parse(reader: &Reader<'_>) -> Result<Shard, StoreError> {
    let (batch, settled): (u64, u64) = (reader.number(BATCH)?, reader.number(SETTLED)?);
    let header = reader.optional_bytes(HEADER)?.unwrap_or_default();
    if (batch == 0) != header.is_empty() {
        return Err(reader.corrupt(HEADER));
    }
    if settled > batch {
        return Err(reader.corrupt(SETTLED));
    }
    let turn = match (reader.optional_array(HOLDER)?, reader.optional_instant(UNTIL)?) {
        (Some(holder), Some(until)) => Some(Turn { holder, until }),
        (None, None) => None,
        _ => return Err(reader.corrupt(HOLDER)),
    };
    let is_settled = batch > 0 && settled == batch;
    Ok(Shard { head: LogHead { batch, header, edge: edge(reader)?, is_settled }, turn })
}

fn edge(reader: &Reader<'_>) -> Result<Vec<[u8; 32]>, StoreError> {
    let bytes = reader.optional_bytes(EDGE)?.unwrap_or_default();
    let (hashes, rest) = bytes.as_chunks();
    if rest.is_empty() { Ok(hashes.to_vec()) } else { Err(reader.corrupt(EDGE)) }
}

const BATCH: &str = "batch";
const HEADER: &str = "header";
const EDGE: &str = "edge";
const SETTLED: &str = "settled";
const HOLDER: &str = "holder";
const UNTIL: &str = "until";

#[cfg(test)]
pub(crate) fn item(shard: u16, head: &LogHead, turn: Option<&Turn>) -> Item {
    crate::item::ItemBuilder::new(&keys::log_head(shard))
        .with(BATCH, whole_number(head.batch))
        .with(SETTLED, whole_number(head.batch.saturating_sub(u64::from(!head.is_settled))))
        .with(HEADER, bytes(head.header.as_slice()))
        .with(EDGE, bytes(head.edge.concat()))
        .with_optional(HOLDER, turn.map(|turn| bytes(turn.holder)))
        .with_optional(UNTIL, turn.map(|turn| instant(turn.until)))
        .build()
}
