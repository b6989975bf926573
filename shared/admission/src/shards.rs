//! The shards of what everybody shares: no single item of the store is written by every process.
//!
//! Each draw goes to one shard out of those that have not refused in this window, chosen at random. A request whose shard refuses
//! is refused, though others may have permits; the next request draws from another.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::{Entropy, EntropyUnavailable};
use jiff::Timestamp;

/// Which shards have refused, and until when.
#[derive(Debug, Default)]
pub(crate) struct Shards(Mutex<[Option<Timestamp>; SHARDS as usize]>);

/// Where to draw next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// From this shard, which has this part of the quota.
    Shard(u8, NonZeroU32),
    /// Nowhere: all refuse, the first of them no longer after this time.
    AllRefuse(Duration),
}

impl Shards {
    pub(crate) fn choose(
        &self,
        quota: NonZeroU32,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Choice, EntropyUnavailable> {
        let refusals = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shards =
            || (0_u8..).zip(refusals).filter_map(|(shard, refused)| Some((shard, refused, part(quota, shard)?)));
        let open: Vec<_> = shards().filter(|(_, refused, _)| refused.is_none_or(|until| until <= now)).collect();
        let chosen = entropy.below(u32::try_from(open.len()).unwrap_or(u32::MAX))?;
        if let Some((shard, _, part)) = open.get(usize::try_from(chosen).unwrap_or(usize::MAX)) {
            return Ok(Choice::Shard(*shard, *part));
        }
        let soonest = shards().filter_map(|(_, refused, _)| refused).min().unwrap_or(now);
        Ok(Choice::AllRefuse(soonest.duration_since(now).unsigned_abs()))
    }

    pub(crate) fn refuse(&self, shard: u8, until: Timestamp) {
        if let Some(refusal) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(usize::from(shard)) {
            *refusal = Some(until);
        }
    }
}

/// A shard's part of the quota: the parts add up to it. A quota smaller than the number of shards has parts of one permit.
fn part(quota: NonZeroU32, shard: u8) -> Option<NonZeroU32> {
    let (each, over) = (quota.get() / SHARDS, quota.get() % SHARDS);
    NonZeroU32::new(each + u32::from(u32::from(shard) < over))
}

/// With the default quota of 200,000 in 10 seconds and leases of 50, a shard is written 25 times a second at most; a DynamoDB
/// partition takes 1,000.
const SHARDS: u32 = 16;
