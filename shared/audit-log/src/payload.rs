//! Checking a batch's payload against its header.

use std::ops::Range;

use audit::Event;

use crate::{Edge, Fault, Flaw, Header, shard_of};

/// Goes through the lines: each is an event of this shard, and together they are those that the header was sealed for. The root
/// comes last, since a line that is wrong in itself can be named.
pub(crate) fn check_payload(
    header: &Header,
    payload: &[u8],
    on_event: &mut dyn FnMut(Event, Range<u64>) -> Result<(), Flaw>,
) -> Result<(), Fault> {
    let fault = |bytes: Range<u64>, flaw| Fault { object: header.payload_name(), bytes, flaw };
    let mut tree = Edge::default();
    let mut start = 0;
    for line in payload.split_inclusive(|byte| *byte == b'\n') {
        let bytes = start..start + line.len() as u64;
        start = bytes.end;
        let Some(line) = line.strip_suffix(b"\n") else { return Err(fault(bytes, Flaw::Unterminated)) };
        let event = Event::parse(line).map_err(|error| fault(bytes.clone(), Flaw::Event(error)))?;
        if shard_of(event.id, header.shards) != header.shard {
            return Err(fault(bytes, Flaw::OtherShard(event.id)));
        }
        on_event(event, bytes.clone()).map_err(|flaw| fault(bytes, flaw))?;
        tree.push(line);
    }
    if tree.size() != u64::from(header.count) {
        return Err(fault(0..start, Flaw::OtherCount));
    }
    if tree.root() == header.root { Ok(()) } else { Err(fault(0..start, Flaw::OtherRoot)) }
}

/// The lines, as far as they are whole.
pub(crate) fn lines(payload: &[u8]) -> impl Iterator<Item = &[u8]> {
    payload.split_inclusive(|byte| *byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"))
}

/// The largest payload: ten times what the writer puts into a batch. It bounds the memory that checking a log takes.
pub(crate) const MAX_PAYLOAD_BYTES: u64 = 64 << 20;
