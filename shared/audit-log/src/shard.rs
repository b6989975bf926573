//! Which shard an event belongs to.

use domain::EventId;

use crate::Hash;

/// The shard, of so many, that an event of this id is logged in, so that two copies of it meet: the first four bytes (big-endian) of
/// the SHA-256 of the id's 16 bytes, modulo the number of shards. No shards count as one.
#[must_use]
pub fn shard_of(id: EventId, shards: u16) -> u16 {
    let hash = Hash::of(&[id.as_bytes()]);
    let number = hash.as_bytes().iter().take(4).fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    u16::try_from(number % u32::from(shards.max(1))).unwrap_or_default()
}
