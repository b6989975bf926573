//! audit-writer: takes audit events from the queue, in batches, and appends them to the log.
//!
//! 1. Every message is parsed. One that is not an event is named as failed and takes no other with it; an event that is there
//!    twice is one event.
//! 2. The events are sorted into the log's shards. A shard is worked on by whoever has its lease; a shard that somebody else has
//!    is asked for again later, until the invocation's time is over.
//! 3. Under the lease: what a dead writer left is settled; what the index has is dropped; the rest becomes a batch of the log, by
//!    one conditional write; then its header is stored and its events are indexed.
//! 4. Opened verifications are handed to the reconcile queue, and so are those of which an event came late.
//! 5. The answer names exactly the messages whose events did not come through all of this. They are delivered again, which is
//!    harmless at any time: the log is idempotent by event id.
//!
//! So the process may die anywhere: nothing is acknowledged before it is in the log and in the index.

mod delivery;
mod error;
mod progress;
mod store;
mod turn;
mod write_audit;

pub use store::LogStore;
pub use write_audit::{Ports, WriteAudit};
