//! The names of the log's objects.

use std::fmt;
use std::str::FromStr;

/// One object of the log: where a batch's payload or its header is kept.
///
/// Its text form is the only spelling that is parsed: `shard-0003/00000000000000000042-<16 hex digits>.jsonl` or
/// `shard-0003/00000000000000000042.header.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    /// The shard.
    pub shard: u16,
    /// The batch, from 1.
    pub batch: u64,
    /// Which of the batch's objects.
    pub kind: ObjectKind,
}

/// Which of a batch's objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// The events; the first eight bytes of their root keep apart what two writers wanted to append.
    Payload([u8; 8]),
    /// The signed header.
    Header,
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shard, batch, kind } = self;
        match kind {
            ObjectKind::Payload(root) => write!(f, "shard-{shard:04}/{batch:020}-{}.jsonl", hex::encode(root)),
            ObjectKind::Header => write!(f, "shard-{shard:04}/{batch:020}.header.json"),
        }
    }
}

impl FromStr for ObjectName {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let name = parse(text).ok_or(UnknownName)?;
        if name.to_string() == text { Ok(name) } else { Err(UnknownName) }
    }
}

fn parse(text: &str) -> Option<ObjectName> {
    let (shard, file) = text.strip_prefix("shard-")?.split_once('/')?;
    let (batch, kind) = if let Some(batch) = file.strip_suffix(".header.json") {
        (batch, ObjectKind::Header)
    } else {
        let (batch, root) = file.strip_suffix(".jsonl")?.split_once('-')?;
        let mut bytes = [0; 8];
        hex::decode_to_slice(root, &mut bytes).ok()?;
        (batch, ObjectKind::Payload(bytes))
    };
    Some(ObjectName { shard: shard.parse().ok()?, batch: batch.parse().ok()?, kind })
}

/// Not the name of one of the log's objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of an object of the log")]
pub struct UnknownName;
