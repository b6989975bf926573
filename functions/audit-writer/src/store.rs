//! The ports that audit-writer needs of a store, as one.

use store::{AppendBatch, IndexEvents, LeaseShard, RecogniseEvents};

/// Leases shards, appends batches, indexes events and recognises them.
pub trait LogStore: AppendBatch + IndexEvents + LeaseShard + RecogniseEvents {}

impl<S: AppendBatch + IndexEvents + LeaseShard + RecogniseEvents> LogStore for S {}
