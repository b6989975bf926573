//! What each function does for a request: docs/ARCHITECTURE.md, "What happens in a request", as calls.

use std::time::Duration;

use crate::figures::{assumed, measured, settings};
use crate::limit::Table;
use crate::stage::{computing, derivation};
use crate::{Figures, Function, Latency};

/// Where verifications and counters are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// `DynamoDB`.
    Dynamodb,
    /// `ElastiCache` Serverless for Valkey, in front of `DynamoDB`.
    Valkey,
}

impl Backend {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Dynamodb, Self::Valkey];

    /// As the parameter `Backend` calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dynamodb => "dynamodb",
            Self::Valkey => "valkey",
        }
    }
}

/// A call of a service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Call {
    /// Reads and writes so many units of a table.
    Units { table: Table, reads: f64, writes: f64 },
    /// A transaction: as units, and slower.
    Transaction { core: f64, ephemeral: f64 },
    /// Spends so many ECPU.
    Cache(f64),
    /// Sends an event.
    Send,
    /// Unwraps so many keys.
    Unwrap(f64),
    /// Draws permits from the counters of all leased limits.
    Draw(Whose),
}

/// Whose permits are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Those of the tenant that most requests are of.
    Largest,
    /// Anybody else's.
    Another,
}

/// Some computing, and then calls side by side.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Phase {
    pub(crate) computing: Duration,
    pub(crate) calls: Vec<Call>,
    /// The share of requests that have this phase.
    pub(crate) share: f64,
}

/// What a function does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// In a new environment, before anything else.
    pub(crate) cold: Vec<Phase>,
    /// For every request.
    pub(crate) phases: Vec<Phase>,
    /// In gigabytes.
    pub(crate) memory: f64,
}

/// What an attempt, or any other request, comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Right,
    Wrong,
}

/// How long the services take.
#[derive(Debug, Clone)]
pub(crate) struct Latencies {
    pub(crate) table: Latency,
    pub(crate) transaction: Latency,
    pub(crate) cache: Latency,
    pub(crate) queue: Latency,
    pub(crate) keys: Latency,
    pub(crate) start: Latency,
}

impl Latencies {
    pub(crate) fn of(figures: &Figures) -> Self {
        let latency = |median, p99| Latency::of_milliseconds(figures.of(median), figures.of(p99));
        Self {
            table: latency(assumed::TABLE_P50, assumed::TABLE_P99),
            transaction: latency(assumed::TRANSACTION_P50, assumed::TRANSACTION_P99),
            cache: latency(assumed::CACHE_P50, assumed::CACHE_P99),
            queue: latency(assumed::QUEUE_P50, assumed::QUEUE_P99),
            keys: latency(assumed::KMS_P50, assumed::KMS_P99),
            start: latency(assumed::START_P50, assumed::START_P99),
        }
    }
}

/// What a function does for a request that ends so.
pub(crate) fn plan(figures: &Figures, backend: Backend, function: Function, ending: Ending) -> Plan {
    let waits = waits(figures, backend, function, ending);
    let memory = if function == Function::Verify { settings::VERIFY_MEMORY } else { settings::MEMORY };
    let memory = figures.of(memory);
    let microseconds = cpu(figures, &waits);
    let mut phases: Vec<Phase> =
        waits.into_iter().map(|(share, calls)| Phase { computing: Duration::ZERO, calls, share }).collect();
    if let Some(first) = phases.first_mut() {
        first.computing = computing(figures, microseconds, memory);
    }
    if let (Function::Verify, Some(last)) = (function, phases.last_mut()) {
        last.computing += derivation(figures);
    }
    Plan { cold: cold(figures, backend, function), phases, memory: memory / 1_024.0 }
}

type Waits = Vec<(f64, Vec<Call>)>;

fn waits(figures: &Figures, backend: Backend, function: Function, ending: Ending) -> Waits {
    let script = figures.of(measured::SCRIPT_UNITS);
    let missed = 1.0 - figures.of(assumed::ENROLLMENT_HITS);
    let always = |calls: &[Call]| (1.0, calls.to_vec());
    match (backend, function) {
        // A capability: nothing is looked up.
        (_, Function::Authorizer) => vec![always(&[])],
        (_, Function::Introspect) => vec![always(&[read(Table::Core), read(Table::Core)])],
        (Backend::Dynamodb, Function::Status) => vec![always(&[read(Table::Ephemeral)])],
        (Backend::Valkey, Function::Status) => vec![always(&[Call::Cache(1.0)])],
        (Backend::Dynamodb, Function::Initiate) => vec![
            always(&[read(Table::Core), read(Table::Ephemeral), write(Table::Ephemeral)]),
            always(&[write(Table::Ephemeral), Call::Send]),
        ],
        (Backend::Valkey, Function::Initiate) => vec![
            always(&[Call::Cache(1.0), Call::Cache(1.0), Call::Cache(script)]),
            (missed, vec![read(Table::Core)]),
            // With the copy of the enrollment, of more than 1 KB, that nobody waits for.
            always(&[Call::Cache(1.0 + 2.0 * missed), Call::Send]),
        ],
        (Backend::Dynamodb, Function::Verify) => vec![
            always(&[write(Table::Ephemeral)]),
            // The reservation; beside it, the enrollment and the tenant's session epoch.
            always(&[write(Table::Core), read(Table::Core), read(Table::Core)]),
            always(&match ending {
                Ending::Right => [completion(figures), Call::Send],
                Ending::Wrong => [write(Table::Ephemeral), Call::Send],
            }),
        ],
        (Backend::Valkey, Function::Verify) => vec![
            always(&[Call::Cache(script)]),
            // The reservation; beside it, the tenant's session epoch, and the copy of the enrollment, of more than 1 KB, that initiate has
            // just made.
            always(&[write(Table::Core), read(Table::Core), Call::Cache(2.0)]),
            match ending {
                // The second script is not waited for.
                Ending::Right => always(&[Call::Cache(2.0 * script), write(Table::Core), Call::Send]),
                Ending::Wrong => always(&[Call::Cache(script), Call::Send]),
            },
        ],
    }
}

/// Permits of all leased limits and the operator's list, keys, and their unwrapping.
fn cold(figures: &Figures, backend: Backend, function: Function) -> Vec<Phase> {
    let phase = |calls: Vec<Call>| Phase { computing: Duration::ZERO, calls, share: 1.0 };
    let draws = figures.of(settings::LEASED_LIMITS);
    let permits = match backend {
        Backend::Dynamodb => Call::Units { table: Table::Ephemeral, reads: 0.0, writes: draws },
        Backend::Valkey => Call::Cache(draws * figures.of(measured::SCRIPT_UNITS)),
    };
    let (list, keys) = (read(Table::Core), read(Table::Core));
    match function {
        Function::Authorizer => Vec::new(),
        Function::Initiate | Function::Status => vec![phase(vec![permits, list, keys]), phase(vec![Call::Unwrap(1.0)])],
        Function::Verify => vec![phase(vec![permits, list, keys, keys]), phase(vec![Call::Unwrap(2.0)])],
        Function::Introspect => vec![phase(vec![permits, list, keys])],
    }
}

/// Microseconds of the function's own thread.
fn cpu(figures: &Figures, waits: &Waits) -> f64 {
    let calls = waits.iter().flat_map(|(share, calls)| calls.iter().map(move |call| (*share, *call)));
    let calling: f64 = calls
        .map(|(share, call)| {
            share * figures.of(if matches!(call, Call::Cache(_)) { measured::CACHE_CPU } else { measured::SDK_CPU })
        })
        .sum();
    figures.of(measured::OWN_CPU) + calling
}

fn completion(figures: &Figures) -> Call {
    let core = figures.of(settings::ACCOUNT_SHARE);
    Call::Transaction { core, ephemeral: figures.of(settings::COMPLETION_WRITES) - core }
}

fn read(table: Table) -> Call {
    Call::Units { table, reads: 1.0, writes: 0.0 }
}

fn write(table: Table) -> Call {
    Call::Units { table, reads: 0.0, writes: 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_wait_and_write_as_often_as_they_are_documented_to() {
        let figures = Figures::default();
        let of = |function, ending| plan(&figures, Backend::Dynamodb, function, ending);

        // docs/ARCHITECTURE.md; the transaction's two items are six units.
        assert_eq!(waits_and_writes(&of(Function::Initiate, Ending::Right)), (2, 2.0));
        assert_eq!(waits_and_writes(&of(Function::Verify, Ending::Right)), (3, 2.0 + 6.0));
        assert_eq!(waits_and_writes(&of(Function::Verify, Ending::Wrong)), (3, 3.0));
        assert_eq!(waits_and_writes(&of(Function::Status, Ending::Right)), (1, 0.0));
        assert_eq!(waits_and_writes(&of(Function::Introspect, Ending::Right)), (1, 0.0));
    }

    #[test]
    fn only_an_attempt_derives_a_key() {
        let figures = Figures::default();

        let computing = Function::ALL.map(|function| {
            let plan = plan(&figures, Backend::Valkey, function, Ending::Right);
            plan.phases.iter().map(|phase| phase.computing).sum::<Duration>()
        });

        let derivation = derivation(&figures);
        assert_eq!(computing.map(|computing| computing >= derivation), [false, false, true, false, false]);
    }

    fn waits_and_writes(plan: &Plan) -> (usize, f64) {
        let calls = plan.phases.iter().flat_map(|phase| &phase.calls);
        let writes = calls.map(|call| match call {
            Call::Units { writes, .. } => *writes,
            Call::Transaction { core, ephemeral } => core + ephemeral,
            _ => 0.0,
        });
        (plan.phases.len(), writes.sum())
    }
}
