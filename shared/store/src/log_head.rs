//! The heads of the audit log's shards: what the next batch is chained to, and who may append it.

use std::future::Future;

use jiff::Timestamp;

use crate::StoreError;

/// The end of a shard of the log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogHead {
    /// The number of the last batch; 0 before the first.
    pub batch: u64,
    /// The bytes of its signed header; empty before the first.
    pub header: Vec<u8>,
    /// The right edge of the tree over the headers so far, largest subtree first: what the next root is computed from.
    pub edge: Vec<[u8; 32]>,
    /// Whether all its events are indexed and its header is published beside its payload. If not, its writer died, and whoever
    /// leases the shard next does it first.
    pub is_settled: bool,
}

/// Who may append to a shard, and how long nobody else may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardLease {
    /// The shard.
    pub shard: u16,
    /// Names the writer's turn; no other turn has it.
    pub holder: [u8; 16],
}

/// Takes turns in appending to a shard.
pub trait LeaseShard: Send + Sync {
    /// One conditional write: the shard is the holder's until `until`, unless somebody else has it at `now`. Repeating it is harmless.
    fn lease_shard(
        &self,
        lease: &ShardLease,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<Leasing, StoreError>> + Send;

    /// Ends the turn, if it is still the holder's. `settled` is the batch that is settled by now, if any: marks it so if it is
    /// still the last.
    fn release_shard(
        &self,
        lease: &ShardLease,
        settled: Option<u64>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// What came of asking for a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leasing {
    /// The shard is the holder's, and ends so.
    Leased(LogHead),
    /// Somebody else has it until then.
    Held {
        /// The first instant at which it can be leased.
        until: Timestamp,
    },
}

/// Appends a batch: the one write that decides whether its events are in the log.
pub trait AppendBatch: Send + Sync {
    /// One conditional write: replaces the head if and only if the lease is still the holder's (however late it is: who takes a
    /// lease over becomes the holder) and the last batch is the one before. Repeating it is harmless.
    fn append_batch(
        &self,
        lease: &ShardLease,
        head: &LogHead,
    ) -> impl Future<Output = Result<Append, StoreError>> + Send;
}

/// What came of appending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Append {
    /// The batch is the last one now, and not settled yet.
    Appended,
    /// Somebody else has the shard: nothing changed.
    Lost,
}

/// Reads the heads, for checkpoints.
pub trait FindLogHeads: Send + Sync {
    /// The heads of the shards that have one, among the first `shards`, strongly consistent.
    fn find_log_heads(&self, shards: u16) -> impl Future<Output = Result<Vec<(u16, LogHead)>, StoreError>> + Send;
}
