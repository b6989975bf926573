//! What the load takes where nothing limits it, beside what there is.

use std::time::Duration;

use super::tables::name;
use super::text::{count, size, table};
use crate::figures::{assumed, quotas, settings};
use crate::number::real;
use crate::stage::GIGABYTE;
use crate::{Evaluation, Figures, Function, Outcome, Stage, Table, Throughput};

/// What runs at once where nothing is limited.
pub(crate) fn running(figures: &Figures, evaluations: &[Evaluation]) -> String {
    let opening = Duration::from_secs_f64(figures.of(assumed::OPENING_SECONDS));
    let mut head = vec!["verifications", "backend", "live at once"];
    head.extend(Function::ALL.map(Function::name));
    let rows =
        evaluations.iter().map(|evaluation| {
            let needs = &evaluation.needs;
            let mut row = name(evaluation);
            row.push(count(needs.peak_live()));
            row.extend(Function::ALL.map(|function| {
                format!("{} / {}", count(needs.peak(function)), count(needs.steady(function, opening)))
            }));
            row
        });
    table(&head, 2.., rows)
}

/// What is deployed, and what each load takes of it at its peak.
pub(crate) fn beside(figures: &Figures, evaluations: &[Evaluation]) -> String {
    let loads = evaluations.iter().map(|evaluation| {
        format!("{}, {}", size(evaluation.question.verifications), evaluation.question.backend.name())
    });
    let head: Vec<String> = ["what", "deployed"].map(str::to_owned).into_iter().chain(loads).collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let rows = deployed(figures).into_iter().map(|(what, there, takes)| {
        let taken = evaluations
            .iter()
            .map(|evaluation| takes(&evaluation.needs))
            .map(|taken| if taken > there { format!("**{}**", count(taken)) } else { count(taken) });
        [what, count(there)].into_iter().chain(taken).collect()
    });
    table(&head, 1.., rows)
}

type Takes<'a> = Box<dyn Fn(&Outcome) -> f64 + 'a>;

/// Everything that the stage as deployed limits by a number, and how to tell what a load takes of it.
fn deployed(figures: &Figures) -> Vec<(String, f64, Takes<'_>)> {
    let there = Stage::Deployed.capacities(figures, None);
    let mut rows: Vec<(String, f64, Takes<'_>)> = vec![
        ("requests/s: the stage's ThrottlingRate".to_owned(), there.gateway_stage.rate, Box::new(requests)),
        ("requests/s: the gateway's account quota".to_owned(), there.gateway_account.rate, Box::new(requests)),
        ("requests/s: the service's limit `global`".to_owned(), there.service.rate, Box::new(requests)),
        (
            "environments: the account's".to_owned(),
            there.concurrency,
            Box::new(|outcome| environments(figures, outcome)),
        ),
    ];
    for function in Function::ALL {
        let reserved = there.reserved.as_ref().map_or(there.concurrency, |reserved| *reserved.get(function));
        let what = format!("environments: reserved for {}", function.name());
        rows.push((what, reserved, Box::new(move |outcome| outcome.environments(figures, function))));
    }
    for (name, table, Throughput { reads, writes, .. }) in
        [("core", Table::Core, there.core), ("ephemeral", Table::Ephemeral, there.ephemeral)]
    {
        rows.push((format!("reads/s: {name} table"), reads, Box::new(move |outcome| outcome.usage.peak(table).reads)));
        rows.push((
            format!("writes/s: {name} table"),
            writes,
            Box::new(move |outcome| outcome.usage.peak(table).writes),
        ));
    }
    let per_event = figures.of(settings::INDEX_WRITES);
    rows.push((
        "writes/s: audit table".to_owned(),
        there.audit.writes,
        Box::new(move |outcome| events(outcome) * per_event),
    ));
    rows.push(("ECPU/s: cache".to_owned(), there.cache_units, Box::new(|outcome| outcome.usage.peak_cache())));
    let gigabytes = |outcome: &Outcome| {
        let cached = if outcome.usage.peak_cache() > 0.0 { outcome.cache_bytes(figures) } else { Vec::new() };
        cached.into_iter().fold(0.0, f64::max) / GIGABYTE
    };
    rows.push(("gigabytes: cache".to_owned(), there.cache_bytes / GIGABYTE, Box::new(gigabytes)));
    let share = figures.of(assumed::LARGEST_TENANT) / figures.of(settings::LEASE);
    let draws = move |outcome: &Outcome| if outcome.usage.peak_cache() > 0.0 { 0.0 } else { requests(outcome) * share };
    rows.push(("draws/s: the largest tenant's counter, in a table".to_owned(), there.counter, Box::new(draws)));
    rows
}

/// In the busiest second.
fn requests(outcome: &Outcome) -> f64 {
    outcome.seconds.iter().map(|second| second.asked).fold(0.0, f64::max)
}

fn events(outcome: &Outcome) -> f64 {
    outcome.seconds.iter().map(|second| second.events).fold(0.0, f64::max)
}

/// A tenth of all invocations a second, or as many as run at once if that is more.
fn environments(figures: &Figures, outcome: &Outcome) -> f64 {
    Function::ALL.iter().map(|function| outcome.environments(figures, *function)).sum()
}

/// What else is limited, and how far away that is.
pub(crate) fn others(figures: &Figures, evaluations: &[Evaluation]) -> String {
    let head = ["verifications", "backend", "KMS decrypt", "KMS sign", "S3 PUT on a prefix", "messages in flight"];
    let rows = evaluations.iter().filter_map(|evaluation| {
        let prepared = evaluation.stage(Stage::Prepared)?;
        let audit = &prepared.audit;
        let sending = prepared.seconds.iter().filter(|second| second.events > 0.0).count();
        let turns = audit.turns / (real(sending.max(1)) + audit.drained.as_secs_f64());
        let of = |used: f64, quota| format!("{} of {}", count(used.ceil()), count(figures.of(quota)));
        let mut row = name(evaluation);
        row.push(of(evaluation.needs.usage.peak_keys(), quotas::KMS_SYMMETRIC));
        row.push(of(turns, quotas::KMS_ECC));
        row.push(of(2.0 * turns / figures.of(settings::MOST_SHARDS), quotas::OBJECT_RATE));
        row.push(of(audit.in_flight, quotas::IN_FLIGHT));
        Some(row)
    });
    table(&head, 2.., rows)
}
