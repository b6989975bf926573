//! Queues inside this process, which outlive it: what SQS is to the deployed functions.
//!
//! ```text
//! send_events ─▶ Journal ─▶ a segment's file, one write for everything that waits; now it is sent
//!                   └─────▶ Delivery ─▶ a function's own library, in batches, through Lambda's JSON
//!                                          ├ done: settled; a segment without unsettled messages is removed
//!                                          └ failed: delivered again, later; in the end a dead letter
//! ```
//!
//! - A message is sent once its line is in the page cache, so it outlives the process, however that ends. It is not
//!   synced to the disk: what a laptop loses with its power is not promised.
//! - A segment belongs to the process that has locked it. Segments of processes that are gone are adopted, at the start and
//!   ever after, by whoever shares the folder; their messages are delivered again, settled or not: events are idempotent.
//! - Dead letters stay in the file `dead-letters` beside the segments. Renamed to `….jsonl`, they are delivered again.

mod adoption;
mod dead_letters;
mod delivery;
mod journal;
mod message;
mod segment;
#[cfg(test)]
mod tests;

pub(crate) use adoption::Leftovers;
pub(crate) use dead_letters::DeadLetters;
#[cfg(test)]
pub(crate) use delivery::MAX_RECEIVE_COUNT;
pub(crate) use delivery::{Delivery, ProcessBatch};
pub use journal::Journal;
use message::Message;
use segment::Segment;
