//! Finding an event in a log and proving that it is there.

use std::collections::BTreeMap;
use std::io;

use domain::EventId;
use jiff::Timestamp;

use crate::headers::{Headers, read_header};
use crate::inventory::Inventory;
use crate::payload::{MAX_PAYLOAD_BYTES, lines};
use crate::proof::Later;
use crate::tree::Tree;
use crate::{EventProof, Fault, Flaw, InvalidProof, LogKeys, ReadLog, SignedHeader, shard_of};

/// Finds the event and proves that it is in the log, and that it is in the history of the newest of these checkpoints of its shard
/// or, if none is newer than its batch, of the log's last header.
///
/// # Errors
/// [`ProveError`].
pub fn prove_event(
    log: &impl ReadLog,
    keys: &LogKeys,
    id: EventId,
    checkpoints: &[SignedHeader],
) -> Result<EventProof, ProveError> {
    let lengths: BTreeMap<u16, u64> =
        Inventory::of(log.list()?).shards.into_iter().map(|(shard, stored)| (shard, stored.last_header)).collect();
    for (shard, last) in likely_first(&lengths, id) {
        let headers = Headers::read(log, shard, last)?;
        let Some(found) = find(log, &headers, shard, id)? else { continue };
        let later =
            match newest(checkpoints, shard).filter(|newest| newest.header().batch > found.header.header().batch) {
                Some(checkpoint) => checkpoint.clone(),
                None => read_header(log, shard, last)?,
            };
        let proof = EventProof { later: later_of(&found.header, later, &headers), ..found };
        proof.check(keys)?;
        return Ok(proof);
    }
    Err(ProveError::Unknown)
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The log does not have it.
    #[error("the log does not have it")]
    Unknown,
    /// An object is missing or can't be what it should be.
    #[error("the log is damaged")]
    Damaged(#[from] Fault),
    /// What would be proved is not so.
    #[error("the log is damaged, or signed by another key")]
    Invalid(#[from] InvalidProof),
    /// The log can't be read.
    #[error("the log can't be read")]
    Unreadable(#[from] io::Error),
}

/// The shards, beginning with the one where the event is if there are as many as there were.
fn likely_first(lengths: &BTreeMap<u16, u64>, id: EventId) -> Vec<(u16, u64)> {
    let shards = lengths.last_key_value().map_or(0, |(last, _)| last.saturating_add(1));
    let likely = shard_of(id, shards);
    let mut ordered: Vec<_> = lengths.iter().map(|(shard, last)| (*shard, *last)).collect();
    ordered.sort_by_key(|(shard, _)| *shard != likely);
    ordered
}

/// The event with the way to its batch's header.
fn find(log: &impl ReadLog, headers: &Headers, shard: u16, id: EventId) -> Result<Option<EventProof>, ProveError> {
    let text = format!(r#""id":"{id}""#);
    for batch in headers.batches_from(id.timestamp().unwrap_or(Timestamp::MIN)) {
        let header = read_header(log, shard, batch)?;
        let object = header.header().payload_name();
        let missing = Fault { object, bytes: 0..0, flaw: Flaw::Missing };
        let payload = log.read(&object, MAX_PAYLOAD_BYTES)?.ok_or(missing)?;
        let is_it = |line: &[u8]| line.windows(text.len()).any(|window| window == text.as_bytes());
        let Some(place) = lines(&payload).position(is_it) else { continue };
        let event = lines(&payload).nth(place).unwrap_or_default();
        let event = String::from_utf8(event.to_vec()).map_err(|_| InvalidProof::Malformed)?;
        let path = Tree::of(lines(&payload)).inclusion(place as u64).unwrap_or_default();
        let index = u32::try_from(place).map_err(|_| InvalidProof::Malformed)?;
        return Ok(Some(EventProof { event, header, index, later: None, path }));
    }
    Ok(None)
}

fn newest(checkpoints: &[SignedHeader], shard: u16) -> Option<&SignedHeader> {
    checkpoints.iter().filter(|it| it.header().shard == shard).max_by_key(|it| it.header().batch)
}

/// The way from the header to the later one, if that is later.
fn later_of(header: &SignedHeader, later: SignedHeader, headers: &Headers) -> Option<Later> {
    let size = later.header().batch - 1;
    let history = Tree::of(headers.hashes().take(usize::try_from(size).ok()?));
    let path = history.inclusion(header.header().batch - 1)?;
    Some(Later { header: later, path })
}
