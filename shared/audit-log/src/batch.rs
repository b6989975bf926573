//! Sealing the next batch of a shard, and reading one back.

use audit::Event;
use crypto::{KeyError, SignHeaders};
use jiff::Timestamp;
use store::LogHead;

use crate::payload::{MAX_PAYLOAD_BYTES, check_payload};
use crate::{Edge, Fault, Hash, Header, InvalidHeader, ObjectName, SignedHeader};

/// What is to be sealed.
#[derive(Debug, Clone, Copy)]
pub struct NewBatch<'a> {
    /// The shard.
    pub shard: u16,
    /// How many shards there are.
    pub shards: u16,
    /// Now.
    pub at: Timestamp,
    /// The events' canonical bytes: at least one, each of this shard and new to it.
    pub payloads: &'a [Vec<u8>],
}

/// A batch that is ready to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Its header.
    pub header: SignedHeader,
    /// The bytes of its payload object.
    pub payload: Vec<u8>,
    /// The name of its payload object.
    pub payload_name: ObjectName,
    /// The name of its header object, whose bytes are the header's.
    pub header_name: ObjectName,
    /// The head of the shard once it is appended; not settled.
    pub head: LogHead,
}

/// Seals the batch that follows this head. Its time is that of the batch before if the clock is behind that.
///
/// # Errors
/// [`SealError`].
pub async fn seal_batch(batch: NewBatch<'_>, head: &LogHead, signer: &impl SignHeaders) -> Result<Sealed, SealError> {
    let (header, mut edge) = next_header(batch, head, signer)?;
    let header = SignedHeader::sign(header, signer).await?;
    edge.push(header.hash().as_bytes());
    let head =
        LogHead { batch: header.header().batch, header: header.to_bytes(), edge: edge.subtrees(), is_settled: false };
    let names = (header.header().payload_name(), header.header().header_name());
    Ok(Sealed { header, payload: payload_of(batch.payloads), payload_name: names.0, header_name: names.1, head })
}

/// The events of a batch, in order: checked against its header, but for whether they are in it only once.
///
/// # Errors
/// [`Fault`] if the bytes are not those that the header was sealed for.
pub fn open_batch(header: &Header, unverified_payload: &[u8]) -> Result<Vec<Event>, Fault> {
    let mut events = Vec::new();
    check_payload(header, unverified_payload, &mut |event, _line| {
        events.push(event);
        Ok(())
    })?;
    Ok(events)
}

/// Why a batch was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The head is not one that a batch can be chained to.
    #[error("the shard's head is corrupt")]
    CorruptHead(#[source] Option<InvalidHeader>),
    /// No events, too many, or one that is not a line.
    #[error("not the events of a batch")]
    NotABatch,
    /// The key did not sign.
    #[error("the header was not signed")]
    Key(#[from] KeyError),
}

fn next_header(batch: NewBatch<'_>, head: &LogHead, signer: &impl SignHeaders) -> Result<(Header, Edge), SealError> {
    let history = Edge::from_subtrees(head.batch, &head.edge).ok_or(SealError::CorruptHead(None))?;
    let previous = match head.batch {
        0 => None,
        _ => Some(SignedHeader::parse(&head.header).map_err(|error| SealError::CorruptHead(Some(error)))?),
    };
    if previous.as_ref().is_some_and(|it| it.header().batch != head.batch || it.header().shard != batch.shard) {
        return Err(SealError::CorruptHead(None));
    }
    let header = Header {
        at: previous.as_ref().map_or(batch.at, |previous| batch.at.max(previous.header().at)),
        batch: head.batch + 1,
        count: u32::try_from(batch.payloads.len()).map_err(|_| SealError::NotABatch)?,
        first: previous.as_ref().map_or(0, |it| it.header().first + u64::from(it.header().count)),
        history: history.root(),
        key: signer.key_id().clone(),
        previous: previous.as_ref().map_or(Hash::ZERO, SignedHeader::hash),
        root: root_of(batch.payloads),
        shard: batch.shard,
        shards: batch.shards,
    };
    let bytes: u64 = batch.payloads.iter().map(|line| line.len() as u64 + 1).sum();
    let are_lines = batch.payloads.iter().all(|line| !line.contains(&b'\n'));
    if header.count > 0 && bytes <= MAX_PAYLOAD_BYTES && are_lines && header.shard < header.shards {
        Ok((header, history))
    } else {
        Err(SealError::NotABatch)
    }
}

fn root_of(payloads: &[Vec<u8>]) -> Hash {
    let mut edge = Edge::default();
    for payload in payloads {
        edge.push(payload);
    }
    edge.root()
}

fn payload_of(payloads: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(payloads.iter().map(|line| line.len() + 1).sum());
    for line in payloads {
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
    }
    bytes
}
