//! What came of a run, in the load's own size: counts of a part are multiplied by what it is a part of.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::figures::{quotas, settings};
use crate::limit::{Limit, Table};
use crate::number::{real, whole};
use crate::plan::Call;
use crate::{AuditOutcome, Backend, ByFunction, Capacities, Figures, Function};

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// How many requests one that was simulated stands for.
    pub scale: f64,
    /// Verifications that somebody wanted to open.
    pub wanted: f64,
    /// Logins that ended with a token.
    pub succeeded: f64,
    /// Requests that came, of each function.
    pub asked: ByFunction<f64>,
    /// Requests that were refused, by what refused them.
    pub refused: BTreeMap<Limit, Refusals>,
    /// How long answers took, sorted.
    pub latencies: ByFunction<Vec<Duration>>,
    /// Each second.
    pub seconds: Vec<Second>,
    /// What was used and is paid for.
    pub usage: Usage,
    /// What became of the events.
    pub audit: AuditOutcome,
}

/// Requests that one limit refused.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Refusals {
    /// How many.
    pub count: f64,
    /// The first of them.
    pub first: Duration,
}

/// One second.
#[derive(Debug, Clone, Default)]
pub struct Second {
    /// Invocations that ran at its end.
    pub busy: ByFunction<f64>,
    /// Invocations that began.
    pub invoked: ByFunction<f64>,
    /// Requests that came.
    pub asked: f64,
    /// Requests that were refused.
    pub refused: f64,
    /// Verifications that are open at its end.
    pub live: f64,
    /// Audit events that were sent.
    pub events: f64,
}

/// What is paid for.
#[derive(Debug, Clone, Default)]
pub struct Usage {
    /// Invocations of each function.
    pub invocations: ByFunction<f64>,
    /// What they are charged for, in gigabyte-seconds.
    pub gigabyte_seconds: f64,
    /// Environments that were started.
    pub cold: f64,
    /// Read units of core and ephemeral table.
    pub reads: f64,
    /// Write units.
    pub writes: f64,
    /// ECPU of the cache.
    pub cache_units: f64,
    /// Events that were sent.
    pub events: f64,
    /// Keys that were unwrapped.
    pub unwrapped: f64,
    pub(crate) core: Peaks,
    pub(crate) ephemeral: Peaks,
    pub(crate) cache: Peak,
    pub(crate) keys: Peak,
}

/// The most units of a table in a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PeakUnits {
    /// Read units.
    pub reads: f64,
    /// Write units.
    pub writes: f64,
}

/// The most that a table took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Peaks {
    reads: Peak,
    writes: Peak,
}

impl Peaks {
    fn add(&mut self, now: Duration, reads: f64, writes: f64) {
        self.reads.add(now, reads);
        self.writes.add(now, writes);
    }
}

/// The most in a second.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Peak {
    second: u64,
    sum: f64,
    most: f64,
}

impl Peak {
    fn add(&mut self, now: Duration, amount: f64) {
        if now.as_secs() != self.second {
            self.second = now.as_secs();
            self.sum = 0.0;
        }
        self.sum += amount;
        self.most = self.most.max(self.sum);
    }
}

impl Usage {
    /// Counts a call; one that is refused is paid for, too.
    pub(crate) fn count(&mut self, now: Duration, call: Call) {
        match call {
            Call::Units { table, reads, writes } => {
                self.reads += reads;
                self.writes += writes;
                self.peaks(table).add(now, reads, writes);
            }
            Call::Transaction { core, ephemeral } => {
                self.writes += core + ephemeral;
                self.core.add(now, 0.0, core);
                self.ephemeral.add(now, 0.0, ephemeral);
            }
            Call::Cache(units) => {
                self.cache_units += units;
                self.cache.add(now, units);
            }
            Call::Send => self.events += 1.0,
            Call::Unwrap(keys) => {
                self.unwrapped += keys;
                self.keys.add(now, keys);
            }
            Call::Draw(_) => {}
        }
    }

    /// The most units of core or ephemeral table in a second.
    #[must_use]
    pub fn peak(&self, table: Table) -> PeakUnits {
        let peaks = if table == Table::Core { self.core } else { self.ephemeral };
        PeakUnits { reads: peaks.reads.most, writes: peaks.writes.most }
    }

    /// The most ECPU in a second.
    #[must_use]
    pub fn peak_cache(&self) -> f64 {
        self.cache.most
    }

    /// The most keys that were unwrapped in a second.
    #[must_use]
    pub fn peak_keys(&self) -> f64 {
        self.keys.most
    }

    fn peaks(&mut self, table: Table) -> &mut Peaks {
        if table == Table::Core { &mut self.core } else { &mut self.ephemeral }
    }

    /// What the whole load used of which this is a part.
    pub(crate) fn times(&self, scale: f64) -> Self {
        let peak = |peak: Peak| Peak { most: peak.most * scale, ..peak };
        let peaks = |peaks: Peaks| Peaks { reads: peak(peaks.reads), writes: peak(peaks.writes) };
        Self {
            invocations: ByFunction::of(|function| self.invocations.get(function) * scale),
            gigabyte_seconds: self.gigabyte_seconds * scale,
            cold: self.cold * scale,
            reads: self.reads * scale,
            writes: self.writes * scale,
            cache_units: self.cache_units * scale,
            events: self.events * scale,
            unwrapped: self.unwrapped * scale,
            core: peaks(self.core),
            ephemeral: peaks(self.ephemeral),
            cache: peak(self.cache),
            keys: peak(self.keys),
        }
    }
}

impl Outcome {
    /// With what the cache's size allows: it evicts what it has no room for, which is then gone.
    pub(crate) fn with_cache(mut self, figures: &Figures, backend: Backend, capacities: &Capacities) -> Self {
        if backend == Backend::Valkey {
            let bytes = self.cache_bytes(figures);
            let most = bytes.iter().copied().fold(0.0, f64::max);
            if let Some(second) = bytes.iter().position(|bytes| *bytes > capacities.cache_bytes) {
                let lost = self.wanted * (1.0 - capacities.cache_bytes / most);
                let first = Duration::from_secs_f64(real(second));
                self.refused.insert(Limit::CacheStorage, Refusals { count: lost, first });
            }
        }
        self
    }

    /// What is in the cache at the end of each second: verifications and counters, which are kept for longer than the load lasts, and
    /// the copies of enrollments of the last minute.
    #[must_use]
    pub fn cache_bytes(&self, figures: &Figures) -> Vec<f64> {
        let kept = figures.of(settings::CACHED_VERIFICATION) + figures.of(settings::CACHED_COUNTER);
        let opened: Vec<f64> = self.seconds.iter().map(|second| *second.invoked.get(Function::Initiate)).collect();
        let mut all = 0.0;
        let mut copies = 0.0;
        let leaving = std::iter::repeat_n(&0.0, whole(figures.of(settings::COPY_KEPT))).chain(&opened);
        let bytes = opened.iter().zip(leaving).map(|(come, gone)| {
            all += come;
            copies += come - gone;
            all * kept + copies * figures.of(settings::CACHED_ENROLLMENT)
        });
        bytes.collect()
    }

    /// The most invocations of a function that ran at once.
    #[must_use]
    pub fn peak(&self, function: Function) -> f64 {
        self.seconds.iter().map(|second| *second.busy.get(function)).fold(0.0, f64::max)
    }

    /// How many ran on average while the load was steady: in the second half of the opening.
    #[must_use]
    pub fn steady(&self, function: Function, opening: Duration) -> f64 {
        let half = opening.as_secs() / 2;
        let of = |seconds: u64| usize::try_from(seconds).unwrap_or(usize::MAX);
        let busy: Vec<f64> =
            self.seconds.iter().skip(of(half)).take(of(half)).map(|second| *second.busy.get(function)).collect();
        if busy.is_empty() { 0.0 } else { busy.iter().sum::<f64>() / real(busy.len()) }
    }

    /// The environments that a function needs: as many as run at once, or a tenth of its requests a second if that is more.
    #[must_use]
    pub fn environments(&self, figures: &Figures, function: Function) -> f64 {
        let each = figures.of(quotas::LAMBDA_RATE);
        let rates = self.seconds.iter().map(|second| *second.invoked.get(function) / each);
        rates.fold(self.peak(function), f64::max)
    }

    /// The most verifications that were live at once.
    #[must_use]
    pub fn peak_live(&self) -> f64 {
        self.seconds.iter().map(|second| second.live).fold(0.0, f64::max)
    }

    /// All requests that came.
    #[must_use]
    pub fn all_asked(&self) -> f64 {
        Function::ALL.iter().map(|function| *self.asked.get(*function)).sum()
    }

    /// The share of all requests that was refused.
    #[must_use]
    pub fn refused_share(&self) -> f64 {
        self.refused.values().map(|refusals| refusals.count).sum::<f64>() / self.all_asked().max(1.0)
    }

    /// So many per cent of the answers of a function took at most this long.
    #[must_use]
    pub fn percentile(&self, function: Function, per_cent: f64) -> Option<Duration> {
        let sorted = self.latencies.get(function);
        let at = whole((real(sorted.len()) * per_cent / 100.0).ceil()).saturating_sub(1);
        sorted.get(at).copied()
    }

    /// The limits that were reached, the first one first: what refused at least one request in a thousand, and what holds the audit
    /// trail up.
    #[must_use]
    pub fn reached(&self) -> Vec<(Limit, Duration)> {
        let worth = WORTH_TELLING * self.all_asked();
        let refusing = self.refused.iter().filter(|(_, refusals)| refusals.count >= worth);
        let mut reached: Vec<(Limit, Duration)> = refusing.map(|(limit, refusals)| (*limit, refusals.first)).collect();
        reached.extend(self.audit.reached.iter().map(|(limit, at)| (*limit, *at)));
        reached.sort_by_key(|(limit, at)| (*at, *limit));
        reached
    }
}

/// A limit that refuses fewer requests than this was not reached, but touched by chance.
const WORTH_TELLING: f64 = 0.001;
