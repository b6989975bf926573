//! The audit log: batches of events as Merkle trees, chained by signed headers, and the proofs that can be made of them.
//!
//! ```text
//! shard-0003/00000000000000000042-<root>.jsonl         one event per line, in its canonical bytes
//! shard-0003/00000000000000000042.header.json          root, count, the header before, the root over all headers before; signed
//! ```
//! `docs/AUDIT_LOG.md` has the format and says how to check it by hand.
//!
//! - [`seal_batch`] makes the next batch of a shard, [`open_batch`] reads one back.
//! - [`KeepObjects`] keeps its two objects: in a folder or, with the feature `s3`, in a bucket.
//! - [`verify_log`] recomputes everything from the bytes; [`prove_event`] and [`prove_consistency`] make small files that are
//!   checked without the log.

mod batch;
mod chain;
mod checkpoints;
mod consistency;
mod edge;
mod flaw;
mod folder;
mod hash;
mod header;
mod headers;
mod inventory;
mod log_key;
mod log_keys;
#[cfg(feature = "testing")]
mod memory;
mod name;
mod objects;
mod payload;
mod proof;
mod prove;
mod publish;
mod read;
#[cfg(feature = "s3")]
mod s3;
mod shard;
pub mod tree;
mod verify;

pub use batch::{NewBatch, SealError, Sealed, open_batch, seal_batch};
pub use checkpoints::read_checkpoints;
pub use consistency::{ConsistencyProof, prove_consistency};
pub use crypto::SignHeaders;
pub use edge::Edge;
pub use flaw::{Fault, Flaw};
pub use folder::FolderObjects;
pub use hash::Hash;
pub use header::{Header, InvalidHeader, SignedHeader};
pub use log_key::{LogKey, LogKeyRefused};
pub use log_keys::{InvalidKeys, LogKeys};
#[cfg(feature = "testing")]
pub use memory::MemoryObjects;
pub use name::{ObjectKind, ObjectName, UnknownName};
pub use objects::{KeepObjects, ObjectError};
pub use proof::{EventProof, InvalidProof, Later};
pub use prove::{ProveError, prove_event};
pub use publish::{FolderCheckpoints, NotPublished, PublishCheckpoint};
pub use read::{Listed, ReadLog};
#[cfg(feature = "s3")]
pub use s3::S3Objects;
pub use shard::shard_of;
pub use verify::{Expectation, Progress, Report, ShardReport, Unverified, verify_log, verify_retained};
