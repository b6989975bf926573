//! What is allowed: as it is deployed, after asking AWS for more, and after warming everything up.

use std::time::Duration;

use crate::figures::{assumed, measured, quotas, settings};
use crate::limit::{Limit, Table};
use crate::{ByFunction, Figures, Function, Outcome};

/// How far somebody has prepared for the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nothing limits anything: what the load needs.
    Unlimited,
    /// `production` of samconfig.toml in an account with default quotas; its tables and its cache are new.
    Deployed,
    /// All that AWS raises on request is raised, and so are the stage's own settings. Tables and cache are still new.
    Raised,
    /// Besides, tables and cache were warmed up for the load, and functions have provisioned concurrency for it.
    Prepared,
}

/// A rate with a burst.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// A second.
    pub rate: f64,
    /// At once.
    pub burst: f64,
}

/// What a table takes in a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throughput {
    /// Read units.
    pub reads: f64,
    /// Write units.
    pub writes: f64,
    /// Who says so.
    pub limit: Limit,
}

/// All that is allowed.
#[derive(Debug, Clone)]
pub struct Capacities {
    /// The stage's throttling.
    pub gateway_stage: Rate,
    /// The account's.
    pub gateway_account: Rate,
    /// The account's environments.
    pub concurrency: f64,
    /// What is reserved of them, if that is done at all.
    pub reserved: Option<ByFunction<f64>>,
    /// What is started before the load comes.
    pub provisioned: ByFunction<f64>,
    /// How many environments a function gets in 10 seconds.
    pub growth: f64,
    /// The service's own limit.
    pub service: Rate,
    /// Core, ephemeral and audit table.
    pub core: Throughput,
    /// Verifications and counters.
    pub ephemeral: Throughput,
    /// The index of the audit log.
    pub audit: Throughput,
    /// Draws a second from one counter.
    pub counter: f64,
    /// The cache's rate at first.
    pub cache_units: f64,
    /// What the cache may store, in bytes.
    pub cache_bytes: f64,
    /// Calls of KMS.
    pub keys: f64,
    /// Shards of the log.
    pub shards: f64,
    /// Batches that are written at once.
    pub writers: f64,
    /// Messages in flight.
    pub in_flight: f64,
    /// Events a second in all, until the largest tenant's hour is full.
    pub hour: f64,
}

impl Stage {
    /// The stages that the page compares.
    pub const COMPARED: [Self; 3] = [Self::Deployed, Self::Raised, Self::Prepared];

    /// What it is called on the page.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unlimited => "unlimited",
            Self::Deployed => "as deployed",
            Self::Raised => "quotas raised",
            Self::Prepared => "prepared",
        }
    }

    /// What it allows. `needs` is what the load took where nothing was limited.
    #[must_use]
    pub fn capacities(self, figures: &Figures, needs: Option<&Outcome>) -> Capacities {
        match self {
            Self::Unlimited => unlimited(figures),
            Self::Deployed => deployed(figures),
            Self::Raised => raised(figures),
            Self::Prepared => prepared(figures, needs),
        }
    }
}

fn unlimited(figures: &Figures) -> Capacities {
    let none = Rate { rate: f64::INFINITY, burst: f64::INFINITY };
    let endless = |table| Throughput { reads: f64::INFINITY, writes: f64::INFINITY, limit: Limit::TableQuota(table) };
    Capacities {
        gateway_stage: none,
        gateway_account: none,
        concurrency: f64::INFINITY,
        reserved: None,
        provisioned: ByFunction::default(),
        growth: f64::INFINITY,
        service: none,
        core: endless(Table::Core),
        ephemeral: endless(Table::Ephemeral),
        audit: endless(Table::Audit),
        counter: f64::INFINITY,
        cache_units: f64::INFINITY,
        cache_bytes: f64::INFINITY,
        keys: f64::INFINITY,
        shards: figures.of(settings::SHARDS),
        writers: figures.of(settings::WRITERS),
        in_flight: f64::INFINITY,
        hour: f64::INFINITY,
    }
}

/// What stays, whatever is asked for: how fast functions grow, single counters, and the parts of an hour.
fn raised(figures: &Figures) -> Capacities {
    let hour = figures.of(settings::HOUR_PARTS) * figures.of(quotas::PARTITION_WRITES);
    Capacities {
        concurrency: figures.of(quotas::LAMBDA_RAISED),
        growth: figures.of(quotas::LAMBDA_GROWTH),
        core: warm(figures, Table::Core, f64::INFINITY),
        ephemeral: warm(figures, Table::Ephemeral, f64::INFINITY),
        audit: warm(figures, Table::Audit, f64::INFINITY),
        counter: 1.0 / latency_of_a_write(figures).as_secs_f64(),
        cache_units: figures.of(quotas::CACHE_UNITS),
        shards: figures.of(settings::MOST_SHARDS),
        writers: figures.of(settings::MOST_SHARDS),
        hour: hour / figures.of(assumed::LARGEST_TENANT),
        ..unlimited(figures)
    }
}

fn deployed(figures: &Figures) -> Capacities {
    let reserved = ByFunction::of(|function| {
        figures.of(match function {
            Function::Authorizer => settings::RESERVED_AUTHORIZER,
            Function::Initiate => settings::RESERVED_INITIATE,
            Function::Verify => settings::RESERVED_VERIFY,
            Function::Status => settings::RESERVED_STATUS,
            Function::Introspect => settings::RESERVED_INTROSPECT,
        })
    });
    let quota = figures.of(quotas::TABLE_QUOTA);
    let service = figures.of(settings::SERVICE_QUOTA);
    Capacities {
        gateway_stage: Rate { rate: figures.of(settings::STAGE_RATE), burst: figures.of(settings::STAGE_BURST) },
        gateway_account: Rate { rate: figures.of(quotas::GATEWAY_RATE), burst: figures.of(quotas::GATEWAY_BURST) },
        concurrency: figures.of(quotas::LAMBDA_CONCURRENCY),
        reserved: Some(reserved),
        service: Rate { rate: service / figures.of(settings::SERVICE_WINDOW), burst: service },
        core: warm(figures, Table::Core, quota),
        ephemeral: warm(figures, Table::Ephemeral, quota),
        audit: warm(figures, Table::Audit, quota),
        cache_bytes: figures.of(settings::CACHE_GIGABYTES) * GIGABYTE,
        keys: figures.of(quotas::KMS_SYMMETRIC),
        shards: figures.of(settings::SHARDS),
        writers: figures.of(settings::WRITERS),
        in_flight: figures.of(quotas::IN_FLIGHT),
        ..raised(figures)
    }
}

fn prepared(figures: &Figures, needs: Option<&Outcome>) -> Capacities {
    let raised = raised(figures);
    let headroom = figures.of(assumed::HEADROOM);
    let wanted = ByFunction::of(|function| headroom * needs.map_or(0.0, |needs| needs.environments(figures, function)));
    let all: f64 = Function::ALL.iter().map(|function| *wanted.get(*function)).sum();
    let share = (raised.concurrency / all).min(1.0);
    let open = unlimited(figures);
    Capacities {
        provisioned: ByFunction::of(|function| (wanted.get(function) * share).floor()),
        core: open.core,
        ephemeral: open.ephemeral,
        audit: open.audit,
        cache_units: open.cache_units,
        ..raised
    }
}

/// What a table takes that is new, or that is used to less; its quota if that is less still.
fn warm(figures: &Figures, table: Table, quota: f64) -> Throughput {
    let used_to = figures.of(quotas::WARM_GROWTH) * figures.of(assumed::PEAK_BEFORE);
    let (reads, writes) = (figures.of(quotas::WARM_READS).max(used_to), figures.of(quotas::WARM_WRITES).max(used_to));
    let limit = if quota < writes { Limit::TableQuota(table) } else { Limit::Warm(table) };
    Throughput { reads: reads.min(quota), writes: writes.min(quota), limit }
}

/// One draw after the other: a condition on the version lets one of those that read the same version through.
fn latency_of_a_write(figures: &Figures) -> Duration {
    Duration::from_secs_f64(figures.of(assumed::TABLE_P50) / 1_000.0)
}

/// The KDF's CPU, as wall-clock time at a function's share of a vCPU.
pub(crate) fn derivation(figures: &Figures) -> Duration {
    computing(figures, figures.of(measured::KDF) * 1_000.0, figures.of(settings::VERIFY_MEMORY))
}

/// How long so many microseconds of CPU take one thread of a function with so much memory.
pub(crate) fn computing(figures: &Figures, microseconds: f64, memory: f64) -> Duration {
    let share = (memory / figures.of(quotas::VCPU_MEMORY)).min(1.0);
    Duration::from_secs_f64(microseconds / 1e6 / share)
}

pub(crate) const GIGABYTE: f64 = 1e9;
