//! The heads of the log's shards in memory.

use jiff::Timestamp;
use store::{Append, AppendBatch, FindLogHeads, LeaseShard, Leasing, LogHead, ShardLease, StoreError};

use super::{MemoryStore, stored};

/// A shard of the log.
#[derive(Debug, Clone, Default)]
pub(super) struct Shard {
    /// Whose turn it is, and until when nobody else may take it.
    turn: Option<([u8; 16], Timestamp)>,
    head: LogHead,
}

impl Shard {
    fn is_held_by(&self, lease: &ShardLease) -> bool {
        self.turn.is_some_and(|(holder, _)| holder == lease.holder)
    }
}

impl LeaseShard for MemoryStore {
    async fn lease_shard(&self, lease: &ShardLease, now: Timestamp, until: Timestamp) -> Result<Leasing, StoreError> {
        let mut content = self.content();
        let shard = content.shards.entry(lease.shard).or_default();
        match shard.turn {
            Some((holder, until)) if holder != lease.holder && stored(now) < until => Ok(Leasing::Held { until }),
            _ => {
                shard.turn = Some((lease.holder, stored(until)));
                Ok(Leasing::Leased(shard.head.clone()))
            }
        }
    }

    async fn release_shard(&self, lease: &ShardLease, settled: Option<u64>) -> Result<(), StoreError> {
        if let Some(shard) = self.content().shards.get_mut(&lease.shard)
            && shard.is_held_by(lease)
        {
            shard.turn = None;
            shard.head.is_settled |= settled == Some(shard.head.batch);
        }
        Ok(())
    }
}

impl AppendBatch for MemoryStore {
    async fn append_batch(&self, lease: &ShardLease, head: &LogHead) -> Result<Append, StoreError> {
        let mut content = self.content();
        let shard = content.shards.entry(lease.shard).or_default();
        if !shard.is_held_by(lease) {
            return Ok(Append::Lost);
        }
        if shard.head.batch == head.batch && shard.head.header == head.header {
            return Ok(Append::Appended);
        }
        if shard.head.batch + 1 != head.batch {
            return Ok(Append::Lost);
        }
        shard.head = LogHead { is_settled: false, ..head.clone() };
        Ok(Append::Appended)
    }
}

impl FindLogHeads for MemoryStore {
    async fn find_log_heads(&self, shards: u16) -> Result<Vec<(u16, LogHead)>, StoreError> {
        let content = self.content();
        let with_head = content.shards.range(..shards).filter(|(_, shard)| shard.head.batch > 0);
        Ok(with_head.map(|(number, shard)| (*number, shard.head.clone())).collect())
    }
}
