//! Drawing permits: where from, under which name, and what is remembered of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{CounterKey, Draw, DrawId, Drawn, Limit, LimitSubject};
use jiff::Timestamp;
use store::DrawPermits;

use crate::counted::Counted;
use crate::generations::Generations;
use crate::memory::{Lease, Memory, Outcome, Permit, Taken};
use crate::shards::{Choice, Shards};
use crate::{Limited, Ports, Refusal};

/// What a process remembers of all counters.
pub(crate) struct Draws {
    memories: Mutex<Generations<CounterKey, Arc<Memory>>>,
    shards: Shards,
}

impl Default for Draws {
    fn default() -> Self {
        Self { memories: Mutex::new(Generations::of_at_most(REMEMBERED)), shards: Shards::default() }
    }
}

impl Draws {
    /// The refusal that still holds for what is counted.
    pub(crate) fn remembered_refusal(&self, counted: &Counted, now: Timestamp) -> Option<Limited> {
        let memory = self.memories().get(&counted.key)?;
        memory.refusal(now).map(|retry_after| counted.limited(retry_after))
    }

    /// One permit, at the cost of one wait on the store at most.
    pub(crate) async fn draw<S: DrawPermits>(&self, ports: &Ports<S>, counted: &Counted) -> Result<Permit, Refusal> {
        let taken = if counted.lease.get() == 1 {
            self.draw_one(ports, counted).await?
        } else {
            let lease = Lease { most: counted.lease.get(), period: counted.limit.period };
            let ask = |permits| self.ask(ports, counted, permits, None);
            self.memory(&counted.key).take(&*ports.clock, lease, ask).await?
        };
        match taken {
            Taken::Permit(permit) => Ok(permit),
            Taken::Refused(retry_after) => Err(Refusal::Limited(counted.limited(retry_after))),
        }
    }

    /// Without a lease every request draws for itself, and nothing is remembered but refusals.
    async fn draw_one<S: DrawPermits>(&self, ports: &Ports<S>, counted: &Counted) -> Result<Taken, Refusal> {
        let now = ports.clock.now();
        Ok(match self.ask(ports, counted, 1, counted.draw).await? {
            Outcome::Certain(Drawn::Granted { .. }) => Taken::Permit(Permit::unreturnable()),
            Outcome::Certain(Drawn::Refused { retry_after }) => {
                self.memory(&counted.key).refuse(now, retry_after);
                Taken::Refused(retry_after)
            }
            Outcome::RefusedThisOnce(retry_after) => Taken::Refused(retry_after),
        })
    }

    async fn ask<S: DrawPermits>(
        &self,
        ports: &Ports<S>,
        counted: &Counted,
        permits: u32,
        id: Option<DrawId>,
    ) -> Result<Outcome, Refusal> {
        let id = id.map_or_else(|| ports.entropy.array().map(DrawId), Ok)?;
        let draw = Draw { limit: counted.limit, permits, id, now: ports.clock.now() };
        if matches!(counted.subject, LimitSubject::Everybody { .. }) {
            return self.ask_a_shard(ports, counted, draw).await;
        }
        Ok(Outcome::Certain(ports.store.draw_permits(&counted.key, &draw).await?))
    }

    async fn ask_a_shard<S: DrawPermits>(
        &self,
        ports: &Ports<S>,
        counted: &Counted,
        draw: Draw,
    ) -> Result<Outcome, Refusal> {
        let (shard, quota) = match self.shards.choose(counted.limit.quota, draw.now, &*ports.entropy)? {
            Choice::Shard(shard, quota) => (shard, quota),
            Choice::AllRefuse(retry_after) => return Ok(Outcome::Certain(Drawn::Refused { retry_after })),
        };
        let key = CounterKey::new(counted.name, LimitSubject::Everybody { shard });
        let draw = Draw { limit: Limit { quota, ..draw.limit }, ..draw };
        let drawn = ports.store.draw_permits(&key, &draw).await?;
        Ok(match drawn {
            Drawn::Granted { .. } => Outcome::Certain(drawn),
            Drawn::Refused { retry_after } => {
                self.shards.refuse(shard, draw.now + retry_after);
                Outcome::RefusedThisOnce(retry_after)
            }
        })
    }

    fn memory(&self, key: &CounterKey) -> Arc<Memory> {
        let mut memories = self.memories();
        if let Some(memory) = memories.get(key) {
            return memory;
        }
        let memory = Arc::<Memory>::default();
        memories.insert(key.clone(), Arc::clone(&memory));
        memory
    }

    fn memories(&self) -> MutexGuard<'_, Generations<CounterKey, Arc<Memory>>> {
        self.memories.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.memories().len()
    }
}

/// Counters that are remembered at most: some 3 MB.
const REMEMBERED: usize = 10_000;
