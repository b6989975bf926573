//! Which refusals are recorded: a pure decision on a bounded memory.
//!
//! ```text
//! first            one more            due: the next one
//!   |--- ONE_IN ------|------------------|--- ONE_IN ---
//! recorded         counted            recorded, with what was counted
//! ```

use std::collections::HashMap;
use std::time::Duration;

use audit::Denial;
use domain::{Route, TenantId};
use jiff::Timestamp;

/// Of refusals of one kind, at most one is recorded in this time by each process.
pub const ONE_IN: Duration = Duration::from_secs(60);

/// The most kinds that are remembered. Of each tenant there are at most 9 denials on each of 8 routes, so this is enough for 56
/// tenants that are refused everything everywhere.
pub const MAX_KINDS: usize = 4096;

/// What refusals have in common that are sampled together. Only the operator can make tenants, so callers can't flood it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    /// Who called, if that is certain.
    pub(crate) tenant: Option<TenantId>,
    /// What was asked for, if that is known.
    pub(crate) route: Option<Route>,
    /// Why it was refused.
    pub(crate) denial: Denial,
}

/// What becomes of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision<E> {
    /// It is counted, and that is all.
    Count,
    /// It is to be recorded.
    Record {
        /// Refusals that were counted since the last one that was recorded.
        suppressed: u32,
    },
    /// It is counted; an earlier one, which is not known to be recorded, is to be recorded again.
    RecordAgain(E),
}

/// What a process remembers of refusals. `E` is an event that could not be recorded.
#[derive(Debug)]
pub(crate) struct Sampler<E> {
    kinds: HashMap<Kind, Memory<E>>,
    most: usize,
}

#[derive(Debug)]
struct Memory<E> {
    /// The first instant at which one is recorded again.
    due: Timestamp,
    /// Refusals since the last one that was recorded.
    suppressed: u32,
    unsure: Option<E>,
}

impl<E> Sampler<E> {
    /// Remembers at most this many kinds.
    pub(crate) fn new(most: usize) -> Self {
        Self { kinds: HashMap::new(), most }
    }

    /// Decides about one refusal.
    pub(crate) fn decide(&mut self, kind: Kind, now: Timestamp) -> Decision<E> {
        let Some(memory) = self.kinds.get_mut(&kind) else {
            self.remember(kind, Memory { due: after(now, ONE_IN), suppressed: 0, unsure: None }, now);
            return Decision::Record { suppressed: 0 };
        };
        if now < memory.due {
            memory.suppressed = memory.suppressed.saturating_add(1);
            return Decision::Count;
        }
        memory.due = after(now, ONE_IN);
        match memory.unsure.take() {
            Some(event) => {
                memory.suppressed = memory.suppressed.saturating_add(1);
                Decision::RecordAgain(event)
            }
            None => Decision::Record { suppressed: std::mem::take(&mut memory.suppressed) },
        }
    }

    /// Takes back an event that is not known to be recorded, until `pause` is over.
    pub(crate) fn take_back(&mut self, kind: Kind, event: E, now: Timestamp, pause: Duration) {
        let due = after(now, pause);
        match self.kinds.get_mut(&kind) {
            Some(memory) => (memory.due, memory.unsure) = (due, Some(event)),
            None => self.remember(kind, Memory { due, suppressed: 0, unsure: Some(event) }, now),
        }
    }

    /// Takes back a refusal of which there is no event yet, with what it would have carried.
    pub(crate) fn take_back_count(&mut self, kind: Kind, suppressed: u32, now: Timestamp, pause: Duration) {
        if let Some(memory) = self.kinds.get_mut(&kind) {
            memory.due = after(now, pause);
            memory.suppressed = memory.suppressed.saturating_add(suppressed).saturating_add(1);
        }
    }

    /// Makes room first, if there is none: by forgetting what says nothing any more, or else what is due first.
    fn remember(&mut self, kind: Kind, memory: Memory<E>, now: Timestamp) {
        if self.kinds.len() >= self.most {
            self.kinds.retain(|_, memory| now < memory.due || memory.suppressed > 0 || memory.unsure.is_some());
        }
        if self.kinds.len() >= self.most
            && let Some(oldest) = self.kinds.iter().min_by_key(|(_, memory)| memory.due).map(|(kind, _)| *kind)
        {
            self.kinds.remove(&oldest);
        }
        self.kinds.insert(kind, memory);
    }
}

fn after(now: Timestamp, span: Duration) -> Timestamp {
    now.checked_add(span).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(tenant: u8) -> Kind {
        let tenant = Some(TenantId::from_keyed_bytes([tenant; 16]));
        Kind { tenant, route: Some(Route::Verify), denial: Denial::VerificationClosed }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn a_minute_after_one_the_next_carries_those_in_between() {
        let mut sampler = Sampler::<()>::new(4);

        let decisions = [0, 1, 59, 60, 61, 200].map(|seconds| sampler.decide(kind(1), at(seconds)));

        let record = |suppressed| Decision::Record { suppressed };
        assert_eq!(decisions, [record(0), Decision::Count, Decision::Count, record(2), Decision::Count, record(1)]);
    }

    #[test]
    fn what_is_taken_back_is_recorded_again_after_a_pause() {
        let mut sampler = Sampler::new(4);
        sampler.decide(kind(1), at(0));

        sampler.take_back(kind(1), "event", at(0), Duration::from_secs(5));
        let decisions = [4, 5, 64, 65].map(|seconds| sampler.decide(kind(1), at(seconds)));

        let again = Decision::RecordAgain("event");
        assert_eq!(decisions, [Decision::Count, again, Decision::Count, Decision::Record { suppressed: 3 }]);
    }

    #[test]
    fn what_says_nothing_any_more_is_forgotten_first() {
        let mut sampler = Sampler::<()>::new(2);
        sampler.decide(kind(1), at(0));
        sampler.decide(kind(1), at(1));
        sampler.decide(kind(2), at(2));

        sampler.decide(kind(3), at(62));

        assert_eq!(sampler.kinds.len(), 2);
        assert_eq!(sampler.decide(kind(1), at(63)), Decision::Record { suppressed: 1 });
    }

    #[test]
    fn the_oldest_makes_room_when_there_is_none() {
        let mut sampler = Sampler::<()>::new(3);

        for tenant in 0..200 {
            sampler.decide(kind(tenant), at(tenant.into()));
            assert!(sampler.kinds.len() <= 3);
        }

        let decisions = [199, 198, 197, 196].map(|tenant| sampler.decide(kind(tenant), at(200)));
        let first = Decision::Record { suppressed: 0 };
        assert_eq!(decisions, [Decision::Count, Decision::Count, Decision::Count, first]);
    }

    #[test]
    fn a_clock_at_its_end_or_one_that_is_set_back_only_counts() {
        let mut sampler = Sampler::<()>::new(4);
        sampler.decide(kind(1), Timestamp::MAX);
        sampler.decide(kind(2), at(1_000));

        assert_eq!(sampler.decide(kind(1), Timestamp::MIN), Decision::Count);
        assert_eq!(sampler.decide(kind(2), at(0)), Decision::Count);
    }
}
