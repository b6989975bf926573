//! What a load costs, line by line, and what a stage costs that nobody uses.

use crate::figures::{measured, prices, quotas, settings};
use crate::{Backend, Figures, Function, Outcome};

/// A bill.
#[derive(Debug, Clone, PartialEq)]
pub struct Bill {
    /// For a million logins, the largest first.
    pub lines: Vec<Line>,
}

/// A line of a bill.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What for.
    pub name: &'static str,
    /// In dollars.
    pub dollars: f64,
}

impl Bill {
    /// What a million logins cost, each with all that comes with it, on average over a load.
    #[must_use]
    pub fn of(figures: &Figures, backend: Backend, outcome: &Outcome) -> Self {
        let million = MILLION / outcome.wanted.max(1.0);
        let lines = functions(figures, outcome).into_iter();
        let lines = lines.chain(state(figures, backend, outcome)).chain(trail(figures, outcome));
        let lines = lines.chain(observation(figures, outcome)).chain(network(figures, backend, outcome));
        let mut lines: Vec<Line> = lines.map(|(name, dollars)| Line { name, dollars: dollars * million }).collect();
        lines.retain(|line| line.dollars > 0.0);
        lines.sort_by(|one, other| other.dollars.total_cmp(&one.dollars));
        Self { lines }
    }

    /// In dollars.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.lines.iter().map(|line| line.dollars).sum()
    }

    /// The line that costs most.
    #[must_use]
    pub fn largest(&self) -> Option<&Line> {
        self.lines.first()
    }
}

type Lines = Vec<(&'static str, f64)>;

fn functions(figures: &Figures, outcome: &Outcome) -> Lines {
    let invocations = invocations(outcome) + outcome.audit.batches;
    let duration = outcome.usage.gigabyte_seconds + outcome.audit.gigabyte_seconds + reconciling(figures, outcome);
    vec![
        ("HTTP API requests", outcome.all_asked() * figures.of(prices::HTTP_API) / MILLION),
        (
            "Lambda requests",
            (invocations + reconciliations(figures, outcome)) * figures.of(prices::LAMBDA_REQUESTS) / MILLION,
        ),
        ("Lambda duration", duration * figures.of(prices::LAMBDA_DURATION)),
        ("KMS unwrapping", outcome.usage.unwrapped * figures.of(prices::KMS_REQUESTS) / TEN_THOUSAND),
    ]
}

fn state(figures: &Figures, backend: Backend, outcome: &Outcome) -> Lines {
    let writes = ("DynamoDB writes of state", outcome.usage.writes * figures.of(prices::WRITES) / MILLION);
    let reads = ("DynamoDB reads of state", outcome.usage.reads * figures.of(prices::READS) / MILLION);
    if backend == Backend::Dynamodb {
        return vec![writes, reads];
    }
    let bytes = figures.of(settings::CACHED_VERIFICATION) + figures.of(settings::CACHED_COUNTER);
    let hours = figures.of(settings::CACHE_KEPT) / 3_600.0;
    let stored = outcome.wanted * bytes / GIGABYTE * hours * figures.of(prices::CACHE_STORAGE);
    let requests = outcome.usage.cache_units * figures.of(prices::CACHE_REQUESTS) / MILLION;
    vec![writes, reads, ("cache requests", requests), ("cache storage", stored)]
}

/// The trail is kept for its whole retention, and paid for now.
fn trail(figures: &Figures, outcome: &Outcome) -> Lines {
    let events = outcome.usage.events;
    let months = figures.of(settings::RETENTION_DAYS) * 24.0 / figures.of(prices::MONTH_HOURS);
    let indexed = figures.of(settings::INDEX_BYTES) + 2.0 * figures.of(prices::ITEM_OVERHEAD);
    let month = events * indexed / GIGABYTE * months;
    let writes = events * figures.of(settings::INDEX_WRITES) * figures.of(prices::WRITES);
    let reads = events * figures.of(settings::RECOGNISE_READS) * figures.of(prices::READS);
    let turns = outcome.audit.turns;
    let object = events * figures.of(measured::EVENT_BYTES) / GIGABYTE * months * figures.of(prices::OBJECT_STORAGE);
    vec![
        ("audit index, written and recognised", (writes + reads) / MILLION),
        ("audit index, kept for 400 days", month * figures.of(prices::TABLE_STORAGE)),
        ("audit index, point-in-time recovery", month * figures.of(prices::TABLE_RECOVERY)),
        ("audit log in S3", object + 2.0 * turns * figures.of(prices::OBJECT_PUTS) / 1_000.0),
        ("signatures of the log", turns * figures.of(prices::KMS_SIGNATURES) / TEN_THOUSAND),
        ("queues", queue_requests(figures, outcome) * figures.of(prices::QUEUE) / MILLION),
    ]
}

/// Each event is sent by itself, and received and deleted in tens; each opening once more, in tens throughout.
fn queue_requests(figures: &Figures, outcome: &Outcome) -> f64 {
    let batch = figures.of(prices::QUEUE_BATCH);
    outcome.usage.events * (1.0 + 2.0 / batch) + outcome.wanted * 3.0 / batch
}

fn observation(figures: &Figures, outcome: &Outcome) -> Lines {
    let logged = invocations(outcome) * figures.of(prices::LOG_BYTES)
        + outcome.all_asked() * figures.of(prices::ACCESS_LOG_BYTES);
    let traced = invocations(outcome) * figures.of(prices::TRACED);
    vec![
        ("logs", logged / GIGABYTE * figures.of(prices::LOGS_INGESTED)),
        ("traces", traced * figures.of(prices::TRACES) / MILLION),
    ]
}

/// What goes through interface endpoints: events, and some more bytes around each.
fn network(figures: &Figures, backend: Backend, outcome: &Outcome) -> Lines {
    if backend == Backend::Dynamodb {
        return Vec::new();
    }
    let bytes = outcome.usage.events * 2.0 * figures.of(measured::EVENT_BYTES);
    vec![("endpoints' data", bytes / GIGABYTE * figures.of(prices::ENDPOINT_DATA))]
}

/// Reads of the reconciliation are in the table's too: find verification, find account, recognise.
fn reconciliations(figures: &Figures, outcome: &Outcome) -> f64 {
    outcome.wanted / figures.of(settings::RECONCILE_BATCH)
}

fn reconciling(figures: &Figures, outcome: &Outcome) -> f64 {
    let alone = crate::audit::reconciling_seconds(figures);
    reconciliations(figures, outcome) * alone * figures.of(settings::MEMORY) / 1_024.0
}

fn invocations(outcome: &Outcome) -> f64 {
    Function::ALL.iter().map(|function| *outcome.usage.invocations.get(*function)).sum()
}

/// What a stage costs in a month in which nobody comes.
#[must_use]
pub fn idle(figures: &Figures, backend: Backend) -> Vec<Line> {
    let hours = figures.of(prices::MONTH_HOURS);
    let polls = 2.0 * figures.of(quotas::POLLERS) * hours * 3_600.0 / figures.of(quotas::POLL_SECONDS);
    let mut lines = vec![
        Line { name: "tables, functions, gateway", dollars: 0.0 },
        Line { name: "KMS keys", dollars: 2.0 * figures.of(prices::KMS_KEYS) },
        Line { name: "alarms", dollars: figures.of(settings::ALARMS) * figures.of(prices::ALARM) },
        Line { name: "polling two queues", dollars: polls * figures.of(prices::QUEUE) / MILLION },
    ];
    if backend == Backend::Valkey {
        let cache = figures.of(prices::CACHE_MINIMUM) * figures.of(prices::CACHE_STORAGE) * hours;
        let endpoints = figures.of(settings::ENDPOINTS) * figures.of(settings::ZONES);
        lines.push(Line { name: "cache, at its minimum", dollars: cache });
        let dollars = endpoints * figures.of(prices::ENDPOINT_HOURS) * hours;
        lines.push(Line { name: "interface endpoints", dollars });
    }
    lines
}

/// What provisioned concurrency costs for an hour, for as many environments of a function.
pub(crate) fn provisioned_hour(figures: &Figures, function: Function, environments: f64) -> f64 {
    let memory = if function == Function::Verify { settings::VERIFY_MEMORY } else { settings::MEMORY };
    environments * figures.of(memory) / 1_024.0 * 3_600.0 * figures.of(prices::PROVISIONED)
}

const MILLION: f64 = 1e6;
const TEN_THOUSAND: f64 = 1e4;
const GIGABYTE: f64 = 1e9;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::whole;
    use crate::{AuditOutcome, ByFunction, Usage};

    #[test]
    fn a_bill_is_what_it_comes_to_by_hand() {
        let bill = Bill::of(&Figures::default(), Backend::Dynamodb, &by_hand());

        let cents = |name| bill.lines.iter().find(|line| line.name == name).map(|line| (line.dollars * 100.0).round());
        // A million requests; a million invocations, 200 of the writer, and a hundred thousand to reconcile.
        assert_eq!(cents("HTTP API requests"), Some(100.0));
        assert_eq!(cents("Lambda requests"), Some(22.0));
        // 10,000 GB-s, and 100,000 × 35.3 ms × 0.5 GB of reconciling.
        assert_eq!(cents("Lambda duration"), Some(16.0));
        assert_eq!(cents("DynamoDB writes of state"), Some(188.0));
        assert_eq!(cents("DynamoDB reads of state"), Some(25.0));
        // 2 writes and 1 read for each event; 1.366 GB for 13.15 months.
        assert_eq!(cents("audit index, written and recognised"), Some(138.0));
        assert_eq!(cents("audit index, kept for 400 days"), Some(449.0));
        assert_eq!(cents("audit index, point-in-time recovery"), Some(359.0));
        // 1.2 requests for each event, 0.3 for each opening.
        assert_eq!(cents("queues"), Some(60.0));
        // 800 signatures; 0.407 GB for 13.15 months and 1,600 objects.
        assert_eq!(cents("signatures of the log"), Some(1.0));
        assert_eq!(cents("audit log in S3"), Some(13.0));
        // 1.65 GB; one in twenty is traced.
        assert_eq!(cents("logs"), Some(83.0));
        assert_eq!(cents("traces"), Some(25.0));
        assert_eq!(bill.largest().map(|line| line.name), Some("audit index, kept for 400 days"));
    }

    #[test]
    fn an_unused_stage_pays_for_keys_alarms_polling_and_its_cache() {
        let total = |backend| idle(&Figures::default(), backend).iter().map(|line| line.dollars * 100.0).sum::<f64>();

        assert_eq!(whole(total(Backend::Dynamodb).round()), 200 + 110 + 53);
        assert_eq!(whole(total(Backend::Valkey).round()), 363 + 613 + 6_570);
    }

    fn by_hand() -> Outcome {
        let million = ByFunction::of(|function| if function == Function::Initiate { 1e6 } else { 0.0 });
        Outcome {
            scale: 1.0,
            wanted: 1e6,
            succeeded: 0.0,
            asked: million.clone(),
            refused: std::collections::BTreeMap::new(),
            latencies: ByFunction::default(),
            seconds: Vec::new(),
            usage: Usage {
                invocations: million,
                gigabyte_seconds: 10_000.0,
                reads: 2e6,
                writes: 3e6,
                events: 1e6,
                ..Usage::default()
            },
            audit: AuditOutcome { batches: 200.0, turns: 800.0, ..AuditOutcome::default() },
        }
    }
}
