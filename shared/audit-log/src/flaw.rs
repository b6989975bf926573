//! What can be wrong with a log.

use std::fmt;
use std::ops::Range;

use audit::ParseError;
use domain::EventId;

use crate::{InvalidHeader, ObjectName};

/// The first thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The object that is not what the chain of signed headers says.
    pub object: ObjectName,
    /// The bytes of it that are wrong, as narrow as can be said: a hash covers a whole object. Empty if the object is missing.
    pub bytes: Range<u64>,
    /// What is wrong with them.
    pub flaw: Flaw,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { object, bytes, flaw } = self;
        if bytes.is_empty() {
            write!(f, "{object}: {flaw}")
        } else {
            write!(f, "{object}, bytes {} to {}: {flaw}", bytes.start, bytes.end)
        }
    }
}

impl std::error::Error for Fault {}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The object is not there.
    #[error("missing")]
    Missing,
    /// The object is larger than any that is written.
    #[error("larger than any object of the log")]
    TooLarge,
    /// Not a header.
    #[error("{0}")]
    Header(InvalidHeader),
    /// Signed by a key that is not among those that are trusted.
    #[error("signed by an unknown key")]
    UnknownKey,
    /// Not signed by the key that it names.
    #[error("not signed by the key that it names")]
    Forged,
    /// The header of another batch or another shard.
    #[error("the header of another batch")]
    Misplaced,
    /// It does not name the header before it.
    #[error("not chained to the header before it")]
    Unchained,
    /// Its root over all headers before is another one.
    #[error("another history than the headers before it")]
    OtherHistory,
    /// Its first event has another sequence number.
    #[error("another sequence number than the batches before it lead to")]
    OtherSequence,
    /// It was sealed before the batch before it.
    #[error("sealed before the batch before it")]
    BackInTime,
    /// Its last line does not end.
    #[error("a line without an end")]
    Unterminated,
    /// A line is not an event.
    #[error("{0}")]
    Event(ParseError),
    /// An event of another shard.
    #[error("event {0} belongs into another shard")]
    OtherShard(EventId),
    /// An event that the shard has already.
    #[error("event {0} is there twice")]
    Duplicate(EventId),
    /// More or fewer events than the header says.
    #[error("another number of events than its header says")]
    OtherCount,
    /// Other bytes than those that the header was signed for.
    #[error("other bytes than its header was signed for")]
    OtherRoot,
    /// A checkpoint has seen a batch that the log does not have: it ends before it.
    #[error("cut off before this batch: a checkpoint has seen batch {seen}")]
    CutOff {
        /// The last batch that a checkpoint has seen.
        seen: u64,
    },
    /// A checkpoint has seen another header of this batch.
    #[error("a checkpoint has seen another header of this batch")]
    Forked,
}
