//! Checking a whole log.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use jiff::Timestamp;

use crate::chain::Chain;
use crate::inventory::{Inventory, Stored};
use crate::payload::{MAX_PAYLOAD_BYTES, check_payload};
use crate::{Fault, Flaw, Header, LogKeys, ObjectName, ReadLog, SignedHeader};

/// Recomputes everything from the bytes of the log's objects, one after the other, and compares it with what trusted keys have
/// signed and with checkpoints, if there are any:
///
/// - every header is signed by a trusted key, follows the one before (number, hash, sequence number, history) and is not older;
/// - every payload has the root and the number of events that its header says, every line is one event in its one spelling, of
///   this shard, and in the shard only once;
/// - every checkpoint is one of the headers.
///
/// Without checkpoints, a log that was cut off at the end of a batch looks whole. The memory needed is that of one object, and of
/// one shard's names and event ids.
///
/// Nothing may be missing: see [`verify_retained`] for a log whose first events have reached the end of their retention.
///
/// # Errors
/// [`Unverified`], for the first thing that is wrong.
pub fn verify_log(
    log: &impl ReadLog,
    keys: &LogKeys,
    checkpoints: &[SignedHeader],
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, Unverified> {
    verify_retained(log, &Expectation { keys, checkpoints, retained_since: Timestamp::MIN }, progress)
}

/// What a log is held to.
#[derive(Debug, Clone, Copy)]
pub struct Expectation<'a> {
    /// The keys that may have signed it.
    pub keys: &'a LogKeys,
    /// Headers that were published elsewhere.
    pub checkpoints: &'a [SignedHeader],
    /// Payloads of batches that were sealed before this instant may be missing; headers never.
    pub retained_since: Timestamp,
}

/// [`verify_log`] for a log whose store forgets payloads at the end of their retention. Headers are kept, so that the chain is checked
/// from the first.
///
/// # Errors
/// [`Unverified`], for the first thing that is wrong.
pub fn verify_retained(
    log: &impl ReadLog,
    expected: &Expectation<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, Unverified> {
    let Expectation { keys, checkpoints, .. } = *expected;
    let forged = checkpoints.iter().find(|it| !keys.key_of(it).is_some_and(|key| it.is_signed_by(key)));
    if let Some(forged) = forged {
        return Err(Unverified::ForgedCheckpoint(forged.header().header_name()));
    }
    let inventory = Inventory::of(log.list()?);
    let done = Progress { total_bytes: inventory.total_bytes, ..Progress::default() };
    let mut seen: BTreeMap<u16, Checkpoints<'_>> = BTreeMap::new();
    for checkpoint in checkpoints {
        let header = checkpoint.header();
        seen.entry(header.shard).or_default().entry(header.batch).or_default().push(checkpoint);
    }
    let shards: BTreeSet<u16> = inventory.shards.keys().chain(seen.keys()).copied().collect();
    let mut check = Check { log, expected, progress, done, expired: 0 };
    let mut report = Report { shards: Vec::new(), orphans: Vec::new(), foreign: inventory.foreign };
    let (nothing, unseen) = (Stored::default(), Checkpoints::default());
    for shard in shards {
        let (stored, seen) = (inventory.shards.get(&shard).unwrap_or(&nothing), seen.get(&shard).unwrap_or(&unseen));
        let (shard, orphans) = check.shard(shard, stored, seen)?;
        report.shards.extend(shard);
        report.orphans.extend(orphans);
    }
    Ok(report)
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
    /// The shards that have a batch, in order.
    pub shards: Vec<ShardReport>,
    /// Payloads that no header names, which is harmless: a writer put them and then lost its turn, or has not published the header
    /// yet.
    pub orphans: Vec<ObjectName>,
    /// What else is there and not part of a log.
    pub foreign: Vec<String>,
}

/// A shard in which nothing is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardReport {
    /// The shard.
    pub shard: u16,
    /// How many events were checked.
    pub events: u64,
    /// How many events more there were, whose payloads have reached the end of their retention and are gone.
    pub expired: u64,
    /// Its last header: the state that was verified, to be kept as a checkpoint.
    pub head: SignedHeader,
    /// How many checkpoints were found in it.
    pub checkpoints: usize,
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

struct Check<'a, L> {
    log: &'a L,
    expected: &'a Expectation<'a>,
    progress: &'a mut dyn FnMut(Progress),
    done: Progress,
    expired: u64,
}

impl<L: ReadLog> Check<'_, L> {
    /// A shard, if it has a batch, and the payloads that are not part of it.
    fn shard(
        &mut self,
        shard: u16,
        stored: &Stored,
        seen: &Checkpoints<'_>,
    ) -> Result<(Option<ShardReport>, Vec<ObjectName>), Unverified> {
        let mut chain = Chain::new(shard);
        let (mut ids, mut payloads) = (BTreeSet::new(), BTreeSet::new());
        let (checked, expired) = (self.done.events, self.expired);
        while chain.batch() < stored.last_header {
            let header = chain.extend(self.log, self.expected.keys)?;
            compare(&header, seen)?;
            self.payload(header.header(), &mut ids)?;
            payloads.insert(header.header().payload_name());
            self.advance(header.to_bytes().len() as u64, 0);
        }
        if let Some((&seen, _)) = seen.last_key_value().filter(|(seen, _)| **seen > chain.batch()) {
            return Err(Fault { object: chain.next_name(), bytes: 0..0, flaw: Flaw::CutOff { seen } }.into());
        }
        let orphans = stored.payloads.difference(&payloads).copied().collect();
        let (events, expired) = (self.done.events - checked, self.expired - expired);
        let checkpoints = seen.values().map(Vec::len).sum();
        Ok((chain.into_head().map(|head| ShardReport { shard, events, expired, head, checkpoints }), orphans))
    }

    fn payload(&mut self, header: &Header, ids: &mut BTreeSet<[u8; 16]>) -> Result<(), Unverified> {
        let name = header.payload_name();
        let fault = |bytes, flaw| Fault { object: name, bytes, flaw };
        let payload = match self.log.read(&name, MAX_PAYLOAD_BYTES + 1)? {
            Some(payload) => payload,
            None if header.at < self.expected.retained_since => {
                self.expired += u64::from(header.count);
                return Ok(());
            }
            None => return Err(fault(0..0, Flaw::Missing).into()),
        };
        let length = payload.len() as u64;
        if length > MAX_PAYLOAD_BYTES {
            return Err(fault(MAX_PAYLOAD_BYTES..length, Flaw::TooLarge).into());
        }
        check_payload(header, &payload, &mut |event, _| {
            if ids.insert(*event.id.as_bytes()) { Ok(()) } else { Err(Flaw::Duplicate(event.id)) }
        })?;
        self.advance(length, u64::from(header.count));
        Ok(())
    }

    fn advance(&mut self, bytes: u64, events: u64) {
        self.done.bytes += bytes;
        self.done.events += events;
        (self.progress)(self.done);
    }
}

/// The checkpoints of a shard, by batch: more than one for a batch if the log forked.
type Checkpoints<'a> = BTreeMap<u64, Vec<&'a SignedHeader>>;

fn compare(header: &SignedHeader, seen: &Checkpoints<'_>) -> Result<(), Fault> {
    let mut seen = seen.get(&header.header().batch).into_iter().flatten();
    if seen.all(|checkpoint| *checkpoint == header) {
        return Ok(());
    }
    let bytes = 0..header.to_bytes().len() as u64;
    Err(Fault { object: header.header().header_name(), bytes, flaw: Flaw::Forked })
}
