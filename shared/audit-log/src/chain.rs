//! Following a shard's headers from the first.

use crate::header::MAX_HEADER_BYTES;
use crate::{Edge, Fault, Flaw, Hash, Header, LogKeys, ObjectKind, ObjectName, ReadLog, SignedHeader, Unverified};

/// The headers that were checked so far: the last one, and the tree over all.
#[derive(Debug)]
pub(crate) struct Chain {
    shard: u16,
    head: Option<SignedHeader>,
    history: Edge,
}

impl Chain {
    pub(crate) fn new(shard: u16) -> Self {
        Self { shard, head: None, history: Edge::default() }
    }

    /// The last batch; 0 before the first.
    pub(crate) const fn batch(&self) -> u64 {
        self.history.size()
    }

    /// The name of the header that is next.
    pub(crate) const fn next_name(&self) -> ObjectName {
        ObjectName { shard: self.shard, batch: self.batch() + 1, kind: ObjectKind::Header }
    }

    pub(crate) fn into_head(self) -> Option<SignedHeader> {
        self.head
    }

    /// Reads the next header and checks all that does not need its events.
    pub(crate) fn extend(&mut self, log: &impl ReadLog, keys: &LogKeys) -> Result<SignedHeader, Unverified> {
        let object = self.next_name();
        let missing = Fault { object, bytes: 0..0, flaw: Flaw::Missing };
        let bytes = log.read(&object, MAX_HEADER_BYTES + 1)?.ok_or(missing)?;
        let header = self.check(&bytes, keys).map_err(|flaw| Fault { object, bytes: 0..bytes.len() as u64, flaw })?;
        self.history.push(header.hash().as_bytes());
        self.head = Some(header.clone());
        Ok(header)
    }

    /// The signature comes first: nothing else that a header says counts without it.
    fn check(&self, bytes: &[u8], keys: &LogKeys) -> Result<SignedHeader, Flaw> {
        if bytes.len() as u64 > MAX_HEADER_BYTES {
            return Err(Flaw::TooLarge);
        }
        let signed = SignedHeader::parse(bytes).map_err(Flaw::Header)?;
        let key = keys.key_of(&signed).ok_or(Flaw::UnknownKey)?;
        if !signed.is_signed_by(key) {
            return Err(Flaw::Forged);
        }
        self.check_order(signed.header())?;
        Ok(signed)
    }

    fn check_order(&self, header: &Header) -> Result<(), Flaw> {
        let before = self.head.as_ref();
        let first = before.map_or(0, |it| it.header().first + u64::from(it.header().count));
        if header.header_name() != self.next_name() {
            Err(Flaw::Misplaced)
        } else if header.previous != before.map_or(Hash::ZERO, SignedHeader::hash) {
            Err(Flaw::Unchained)
        } else if header.history != self.history.root() {
            Err(Flaw::OtherHistory)
        } else if header.first != first {
            Err(Flaw::OtherSequence)
        } else if before.is_some_and(|before| header.at < before.header().at) {
            Err(Flaw::BackInTime)
        } else {
            Ok(())
        }
    }
}
