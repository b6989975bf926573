//! The services that functions call, with what they take in a second.

use std::time::Duration;

use crate::figures::{measured, quotas, settings};
use crate::limit::{Limit, Table};
use crate::outcome::Usage;
use crate::plan::{Backend, Call, Latencies, Whose};
use crate::stage::Throughput;
use crate::{Capacities, Figures, Random, TokenBucket};

/// Tables, cache, queue and keys.
#[derive(Debug)]
pub(crate) struct Services {
    core: Units,
    ephemeral: Units,
    counter: TokenBucket,
    cache: TokenBucket,
    /// When the cache doubles what it takes, and how long it needs for that again.
    doubling: (Duration, Duration),
    keys: TokenBucket,
    latencies: Latencies,
    backend: Backend,
    /// A draw of leased permits is from so many counters.
    counters: f64,
    /// What one of these costs the cache.
    script: f64,
}

/// What a table takes.
#[derive(Debug)]
pub(crate) struct Units {
    reads: TokenBucket,
    writes: TokenBucket,
    limit: Limit,
}

impl Units {
    /// One part in `scale` of this.
    pub(crate) fn new(throughput: Throughput, scale: f64) -> Self {
        let bucket = |rate: f64| TokenBucket::new(rate / scale, rate / scale);
        Self { reads: bucket(throughput.reads), writes: bucket(throughput.writes), limit: throughput.limit }
    }

    /// Takes the units in any case, and says how long to wait for them.
    pub(crate) fn reserve(&mut self, now: Duration, reads: f64, writes: f64) -> (Duration, Limit) {
        (self.reads.reserve(now, reads).max(self.writes.reserve(now, writes)), self.limit)
    }

    fn take(&mut self, now: Duration, reads: f64, writes: f64) -> Result<(), Limit> {
        let taken = self.reads.take(now, reads) && self.writes.take(now, writes);
        if taken { Ok(()) } else { Err(self.limit) }
    }
}

impl Services {
    pub(crate) fn new(figures: &Figures, backend: Backend, capacities: &Capacities, scale: f64) -> Self {
        let bucket = |rate: f64| TokenBucket::new(rate / scale, rate / scale);
        let doubling = Duration::from_secs_f64(figures.of(quotas::CACHE_DOUBLING));
        Self {
            core: Units::new(capacities.core, scale),
            ephemeral: Units::new(capacities.ephemeral, scale),
            counter: bucket(capacities.counter),
            cache: bucket(capacities.cache_units),
            doubling: (doubling, doubling),
            keys: bucket(capacities.keys),
            latencies: Latencies::of(figures),
            backend,
            counters: figures.of(settings::LEASED_LIMITS),
            script: figures.of(measured::SCRIPT_UNITS),
        }
    }

    /// How long a new environment takes to start.
    pub(crate) fn start(&self, random: &mut Random) -> Duration {
        self.latencies.start.sample(random)
    }

    /// Makes calls side by side, and says how long the slowest takes, or what refused the first that was refused.
    pub(crate) fn call(
        &mut self,
        now: Duration,
        calls: impl Iterator<Item = Call>,
        random: &mut Random,
        usage: &mut Usage,
    ) -> Result<Duration, Limit> {
        let mut slowest = Duration::ZERO;
        for call in calls {
            slowest = slowest.max(self.call_one(now, call, random, usage)?);
        }
        Ok(slowest)
    }

    fn call_one(
        &mut self,
        now: Duration,
        call: Call,
        random: &mut Random,
        usage: &mut Usage,
    ) -> Result<Duration, Limit> {
        usage.count(now, call);
        match call {
            Call::Units { table, reads, writes } => {
                self.table(table).take(now, reads, writes)?;
                Ok(self.latencies.table.sample(random))
            }
            Call::Transaction { core, ephemeral } => {
                self.core.take(now, 0.0, core)?;
                self.ephemeral.take(now, 0.0, ephemeral)?;
                Ok(self.latencies.transaction.sample(random))
            }
            Call::Cache(units) => {
                self.double(now);
                if self.cache.take(now, units) {
                    Ok(self.latencies.cache.sample(random))
                } else {
                    Err(Limit::CacheUnits)
                }
            }
            Call::Send => Ok(self.latencies.queue.sample(random)),
            Call::Unwrap(keys) => {
                if self.keys.take(now, keys) {
                    Ok(self.latencies.keys.sample(random))
                } else {
                    Err(Limit::Keys)
                }
            }
            Call::Draw(whose) => self.draw(now, whose, random, usage),
        }
    }

    /// On `DynamoDB` one draw from a counter comes after the other: a condition on its version lets one of those through that read the
    /// same. A draw that was overtaken 64 times fails (draw.rs).
    fn draw(&mut self, now: Duration, whose: Whose, random: &mut Random, usage: &mut Usage) -> Result<Duration, Limit> {
        let calls = match self.backend {
            Backend::Valkey => Call::Cache(self.counters * self.script),
            Backend::Dynamodb if whose == Whose::Largest && !self.counter.take(now, 1.0) => return Err(Limit::Counter),
            Backend::Dynamodb => Call::Units { table: Table::Ephemeral, reads: 0.0, writes: self.counters },
        };
        self.call_one(now, calls, random, usage)
    }

    fn table(&mut self, table: Table) -> &mut Units {
        if table == Table::Core { &mut self.core } else { &mut self.ephemeral }
    }

    /// The cache grows while it is used.
    fn double(&mut self, now: Duration) {
        let (at, every) = self.doubling;
        if now >= at {
            let rate = self.cache.rate();
            self.cache.grow(now, rate, rate);
            self.doubling = (at + every, every);
        }
    }
}
