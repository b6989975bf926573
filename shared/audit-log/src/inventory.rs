//! What a log's store holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Listed, ObjectKind, ObjectName};

/// The objects of each shard, and what else is there.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    pub(crate) shards: BTreeMap<u16, Stored>,
    pub(crate) foreign: Vec<String>,
    pub(crate) total_bytes: u64,
}

/// The objects of a shard.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    /// The last batch that has a header; 0 if none has.
    pub(crate) last_header: u64,
    pub(crate) payloads: BTreeSet<ObjectName>,
}

impl Inventory {
    pub(crate) fn of(listed: Vec<Listed>) -> Self {
        let mut inventory = Self::default();
        for listed in listed {
            match listed {
                Listed::Object { name, bytes } => inventory.add(name, bytes),
                Listed::Foreign(name) => inventory.foreign.push(name),
            }
        }
        inventory.foreign.sort_unstable();
        inventory
    }

    fn add(&mut self, name: ObjectName, bytes: u64) {
        self.total_bytes += bytes;
        let stored = self.shards.entry(name.shard).or_default();
        match name.kind {
            ObjectKind::Header => stored.last_header = stored.last_header.max(name.batch),
            ObjectKind::Payload(_) => _ = stored.payloads.insert(name),
        }
    }
}
