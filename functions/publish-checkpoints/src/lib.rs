//! publish-checkpoints: sends the head of every shard of the audit log to a second place, each minute.
//!
//! A log proves by itself that nothing in it was changed, but not that nothing was cut off its end. The signed header at the head
//! is a checkpoint of everything before it; whoever keeps it elsewhere can show that later.
//!
//! All settled heads are published at each run, also those that are as they were a minute ago. So nothing has to be remembered between
//! runs, nothing is missed when one fails, and a shard whose checkpoints stay away is noticed.

mod error;
mod publish;
mod sns;

pub use error::PublishError;
pub use publish::{PublishHeads, Published};
pub use sns::SnsCheckpoints;
