//! A shard's headers as they are, for proofs: what is made of them is checked afterwards.

use jiff::Timestamp;

use crate::header::MAX_HEADER_BYTES;
use crate::{Fault, Flaw, Hash, ObjectKind, ObjectName, ProveError, ReadLog, SignedHeader};

/// The hash and the time of each header, from batch 1 on.
#[derive(Debug)]
pub(crate) struct Headers(Vec<(Hash, Timestamp)>);

impl Headers {
    /// Reads the headers of the first `last` batches.
    pub(crate) fn read(log: &impl ReadLog, shard: u16, last: u64) -> Result<Self, ProveError> {
        let headers = (1..=last).map(|batch| {
            let header = read_header(log, shard, batch)?;
            Ok((header.hash(), header.header().at))
        });
        headers.collect::<Result<_, _>>().map(Self)
    }

    /// The hashes, in order.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = Hash> {
        self.0.iter().map(|(hash, _)| *hash)
    }

    /// All batches, beginning with the first that was sealed at this time or later, up to the last, and then back from there to the
    /// first: an event is seldom sealed long after it happened, and only a clock that is wrong lets it happen after it was sealed.
    pub(crate) fn batches_from(&self, at: Timestamp) -> impl Iterator<Item = u64> {
        let before = self.0.partition_point(|(_, sealed_at)| *sealed_at < at) as u64;
        (before + 1..=self.0.len() as u64).chain((1..=before).rev())
    }
}

pub(crate) fn read_header(log: &impl ReadLog, shard: u16, batch: u64) -> Result<SignedHeader, ProveError> {
    let object = ObjectName { shard, batch, kind: ObjectKind::Header };
    let missing = Fault { object, bytes: 0..0, flaw: Flaw::Missing };
    let bytes = log.read(&object, MAX_HEADER_BYTES + 1)?.ok_or(missing)?;
    let fault = |error| Fault { object, bytes: 0..bytes.len() as u64, flaw: Flaw::Header(error) };
    Ok(SignedHeader::parse(&bytes).map_err(fault)?)
}
