//! The audit path behind the queue: batches, shards, writers.
//!
//! - A writer takes what waits, up to a batch, once a batch is full or its oldest event has waited for the window.
//! - It works on four shards at a time; a shard takes one turn after the other.
//! - A turn has the waits that docs/RUNBOOK.md lists, and the writer's CPU for its events. Services take their median.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::figures::{assumed, measured, settings};
use crate::limit::{Limit, Table};
use crate::number::{real, whole};
use crate::services::Units;
use crate::stage::computing;
use crate::{Capacities, Figures, TokenBucket};

/// What became of the events.
#[derive(Debug, Clone, Default)]
pub struct AuditOutcome {
    /// The longest that an event waited until it was in the log and the index.
    pub longest: Duration,
    /// From the last event until all were written.
    pub drained: Duration,
    /// Turns, each with a signature and two objects.
    pub turns: f64,
    /// Invocations of the writer.
    pub batches: f64,
    /// What they are charged for.
    pub gigabyte_seconds: f64,
    /// The most messages in flight.
    pub in_flight: f64,
    /// When limits were reached.
    pub reached: BTreeMap<Limit, Duration>,
    /// For each second, how long an event waited that was written then.
    pub delays: Vec<(Duration, Duration)>,
}

/// How long the parts of a turn take.
#[derive(Debug, Clone, Copy)]
struct Pace {
    table: Duration,
    batch: Duration,
    object: Duration,
    sign: Duration,
    send: Duration,
    event: Duration,
    /// Calls side by side, and what fits into one.
    at_once: f64,
    reads: f64,
    writes: f64,
    handed_over: f64,
}

/// Writes the events of all seconds.
pub(crate) fn write(figures: &Figures, capacities: &Capacities, events: &[f64]) -> AuditOutcome {
    let mut path = Path::new(figures, capacities, events);
    while path.next_batch() {}
    path.outcome
}

struct Path {
    waiting: VecDeque<(Duration, f64)>,
    last: Duration,
    writers: Vec<Duration>,
    shards: Vec<Duration>,
    flying: Vec<(Duration, f64)>,
    units: Units,
    hour: TokenBucket,
    pace: Pace,
    batch: f64,
    lanes: usize,
    window: Duration,
    in_flight: f64,
    late: Duration,
    memory: f64,
    per_event: (f64, f64),
    outcome: AuditOutcome,
}

impl Path {
    fn new(figures: &Figures, capacities: &Capacities, events: &[f64]) -> Self {
        let milliseconds = |figure| Duration::from_secs_f64(figures.of(figure) / 1_000.0);
        let memory = figures.of(settings::WRITER_MEMORY);
        let arrivals = events.iter().enumerate().filter(|(_, events)| **events > 0.0);
        let waiting: VecDeque<_> =
            arrivals.map(|(second, events)| (Duration::from_secs_f64(real(second) + 0.5), *events)).collect();
        Self {
            last: waiting.back().map_or(Duration::ZERO, |(at, _)| *at),
            waiting,
            writers: vec![Duration::ZERO; whole(capacities.writers).max(1)],
            shards: vec![Duration::ZERO; whole(capacities.shards).max(1)],
            flying: Vec::new(),
            units: Units::new(capacities.audit, 1.0),
            hour: TokenBucket::new(capacities.hour, capacities.hour),
            pace: Pace {
                table: milliseconds(assumed::TABLE_P50),
                batch: milliseconds(assumed::BATCH_P50),
                object: milliseconds(assumed::OBJECT_P50),
                sign: milliseconds(assumed::KMS_P50),
                send: milliseconds(assumed::QUEUE_P50),
                event: computing(figures, figures.of(measured::WRITER_CPU), memory),
                at_once: figures.of(settings::CALLS_AT_ONCE),
                reads: figures.of(settings::READS_PER_CALL),
                writes: figures.of(settings::WRITES_PER_CALL),
                handed_over: figures.of(settings::HANDED_OVER),
            },
            batch: figures.of(measured::BATCH_EVENTS),
            lanes: whole(figures.of(settings::TURNS_AT_ONCE)).max(1),
            window: Duration::from_secs_f64(figures.of(settings::BATCH_WINDOW)),
            in_flight: capacities.in_flight,
            late: Duration::from_secs_f64(figures.of(settings::AUDIT_DELAY)),
            memory: memory / 1_024.0,
            per_event: (figures.of(settings::RECOGNISE_READS), figures.of(settings::INDEX_WRITES)),
            outcome: AuditOutcome::default(),
        }
    }

    /// Has the writer that is free first write the next batch; false if nothing is left.
    fn next_batch(&mut self) -> bool {
        let Some(&(oldest, _)) = self.waiting.front() else { return false };
        let Some(writer) = (0..self.writers.len()).min_by_key(|writer| self.writers.get(*writer)) else { return false };
        let free = self.writers.get(writer).copied().unwrap_or_default();
        let taken = self.room(self.full(oldest).max(free));
        let events = self.take(taken);
        let ended = self.turns(taken, events).max(self.throughput(taken, events)) + self.reconciling(events);
        if let Some(free) = self.writers.get_mut(writer) {
            *free = ended;
        }
        self.flying.push((ended, events));
        self.record(oldest, taken, ended);
        true
    }

    /// When a batch is full, or has waited long enough.
    fn full(&self, oldest: Duration) -> Duration {
        let mut sum = 0.0;
        let filled = self.waiting.iter().find(|(_, events)| {
            sum += events;
            sum >= self.batch
        });
        filled.map_or(oldest + self.window, |(at, _)| (*at).min(oldest + self.window))
    }

    /// When the queue lets another batch be in flight.
    fn room(&mut self, wanted: Duration) -> Duration {
        let mut at = wanted;
        loop {
            self.flying.retain(|(ended, _)| *ended > at);
            let flying: f64 = self.flying.iter().map(|(_, events)| events).sum();
            self.outcome.in_flight = self.outcome.in_flight.max((flying + self.batch).min(self.in_flight));
            let next = self.flying.iter().map(|(ended, _)| *ended).min();
            match next {
                Some(next) if flying + self.batch > self.in_flight => {
                    self.outcome.reached.entry(Limit::InFlight).or_insert(wanted);
                    at = next;
                }
                _ => return at,
            }
        }
    }

    fn take(&mut self, now: Duration) -> f64 {
        let mut taken = 0.0;
        while let Some((at, events)) = self.waiting.front_mut() {
            if *at > now || taken >= self.batch {
                break;
            }
            let part = events.min(self.batch - taken);
            taken += part;
            *events -= part;
            if *events < 1e-9 {
                self.waiting.pop_front();
            }
        }
        taken
    }

    /// The turns of a batch on its shards, four of them at a time; the end of the last.
    fn turns(&mut self, begun: Duration, events: f64) -> Duration {
        let count = whole(events.ceil()).clamp(1, self.shards.len());
        let each = events / real(count);
        let turn = self.turn(each);
        let mut lanes = vec![begun; self.lanes];
        let mut order: Vec<usize> = (0..self.shards.len()).collect();
        order.sort_by_key(|shard| self.shards.get(*shard));
        for shard in order.into_iter().take(count) {
            let Some(lane) = lanes.iter_mut().min() else { continue };
            let Some(free) = self.shards.get_mut(shard) else { continue };
            let ended = (*lane).max(*free) + turn;
            (*lane, *free) = (ended, ended);
        }
        self.outcome.turns += real(count);
        lanes.into_iter().max().unwrap_or(begun)
    }

    /// Lease, recognise, payload, sign, append, header beside index, release; and the computing.
    fn turn(&self, events: f64) -> Duration {
        let Pace { table, batch, object, sign, event, at_once, reads, writes, .. } = self.pace;
        let rounds = |calls: f64| batch.mul_f64((calls / at_once).ceil());
        let (reads_each, writes_each) = self.per_event;
        let recognise = rounds(events * reads_each / reads);
        let index = rounds(events * writes_each / writes);
        table * 3 + recognise + object + sign + object.max(index) + event.mul_f64(events)
    }

    /// When the index has room for the events.
    fn throughput(&mut self, now: Duration, events: f64) -> Duration {
        let (reads, writes) = self.per_event;
        let (wait, limit) = self.units.reserve(now, events * reads, events * writes);
        let hour = self.hour.reserve(now, events);
        for (waited, limit) in [(wait, limit), (hour, Limit::Hour)] {
            if waited > self.window {
                self.outcome.reached.entry(limit).or_insert(now);
            }
        }
        now + wait.max(hour)
    }

    /// About half of the events are openings, which are handed over to be reconciled.
    fn reconciling(&self, events: f64) -> Duration {
        let Pace { send, at_once, handed_over, .. } = self.pace;
        send.mul_f64((events / 2.0 / handed_over / at_once).ceil() * CALLS_TO_HAND_OVER)
    }

    fn record(&mut self, oldest: Duration, taken: Duration, ended: Duration) {
        let delay = ended.saturating_sub(oldest);
        let outcome = &mut self.outcome;
        outcome.batches += 1.0;
        outcome.gigabyte_seconds += self.memory * ended.saturating_sub(taken).as_secs_f64();
        outcome.longest = outcome.longest.max(delay);
        outcome.drained = outcome.drained.max(ended.saturating_sub(self.last));
        outcome.delays.push((ended, delay));
        if delay > self.late {
            outcome.reached.entry(Limit::AuditDelay).or_insert(oldest + self.late);
        }
    }
}

impl Table {
    /// The tables, as the page lists them.
    pub const ALL: [Self; 3] = [Self::Core, Self::Ephemeral, Self::Audit];
}

/// How long after the opening of the last verification its reconciliation is done, ten minutes of delay included.
pub(crate) fn reconciled(figures: &Figures, verifications: f64) -> Duration {
    let batches = verifications / figures.of(settings::RECONCILE_BATCH);
    let seconds = reconciling_seconds(figures) * batches / figures.of(settings::RECONCILERS);
    Duration::from_secs_f64(figures.of(settings::RECONCILE_DELAY) + seconds)
}

/// How long a batch of verifications takes to be reconciled: three waits each, eight side by side.
pub(crate) fn reconciling_seconds(figures: &Figures) -> f64 {
    let batch = figures.of(settings::RECONCILE_BATCH);
    let rounds = (batch / figures.of(settings::CALLS_AT_ONCE)).ceil();
    let waits = 3.0 * figures.of(assumed::TABLE_P50) / 1_000.0;
    let cpu = computing(figures, batch * figures.of(measured::RECONCILE_CPU), figures.of(settings::MEMORY));
    rounds * waits + cpu.as_secs_f64()
}

/// One after the other, ten verifications each.
const CALLS_TO_HAND_OVER: f64 = 10.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stage;

    #[test]
    fn one_shard_falls_behind_by_what_it_can_not_write() {
        let figures = Figures::default();
        let one = Capacities { shards: 1.0, writers: 1.0, ..Stage::Unlimited.capacities(&figures, None) };

        let outcome = write(&figures, &one, &[10_000.0; 60]);

        // A batch of 5,000: 12 + 7 × 8 + 100 + 10 + 50 × 8 ms of waits, 415 ms of computing, 4 × 100 ms of handing over.
        let needed = 600_000.0 / 5_000.0 * 1.393;
        assert!((outcome.drained.as_secs_f64() - (needed - 59.0)).abs() < 2.0, "{:?}", outcome.drained);
        assert!(outcome.turns.to_bits() == 120.0_f64.to_bits(), "{}", outcome.turns);
    }

    #[test]
    fn a_few_events_wait_for_the_window_and_no_longer() {
        let figures = Figures::default();

        let outcome = write(&figures, &Stage::Unlimited.capacities(&figures, None), &[10.0]);

        assert!((5.0..6.0).contains(&outcome.longest.as_secs_f64()), "{:?}", outcome.longest);
        assert!(outcome.reached.is_empty());
    }

    #[test]
    fn a_full_queue_holds_the_writers_back() {
        let figures = Figures::default();
        let narrow = Capacities { in_flight: 5_000.0, ..Stage::Unlimited.capacities(&figures, None) };

        let outcome = write(&figures, &narrow, &[20_000.0; 10]);

        assert!(outcome.reached.contains_key(&Limit::InFlight));
        assert!(outcome.in_flight <= 5_000.0, "{}", outcome.in_flight);
    }

    #[test]
    fn what_the_table_takes_bounds_the_rate() {
        let figures = Figures::default();
        let deployed = Stage::Deployed.capacities(&figures, None);

        let outcome = write(&figures, &deployed, &[4_000.0; 60]);

        // 240,000 events are 480,000 writes, of which the table takes 4,000 a second.
        assert!((outcome.drained.as_secs_f64() - 60.0).abs() < 3.0, "{:?}", outcome.drained);
        assert!(outcome.reached.contains_key(&Limit::Warm(Table::Audit)));
    }
}
