//! The tables of the page.

use super::text::{count, dollars, milliseconds, per_cent, size, table, time, value};
use crate::audit::reconciled;
use crate::bill::{idle, provisioned_hour};
use crate::figures::settings;
use crate::{Evaluation, Figures, Function, GROUPS, Group, Outcome, Stage, Table};

/// The answer, for the terminal and for the page's top.
#[must_use]
pub fn summary(evaluations: &[Evaluation]) -> String {
    let head = [
        "verifications",
        "backend",
        "first limit as deployed",
        "first limit with quotas raised",
        "first limit when prepared",
        "initiate p99, ms",
        "verify p99, ms",
        "$ per million logins",
        "largest line",
    ];
    table(&head, 5..8, evaluations.iter().map(answer))
}

fn answer(evaluation: &Evaluation) -> Vec<String> {
    let prepared = evaluation.stage(Stage::Prepared);
    let p99 = |function| milliseconds(prepared.and_then(|outcome| outcome.percentile(function, 99.0)));
    let largest = evaluation.bill.largest();
    let mut row = name(evaluation);
    row.extend(Stage::COMPARED.map(|stage| evaluation.stage(stage).map_or_else(String::new, first)));
    row.extend([p99(Function::Initiate), p99(Function::Verify), dollars(evaluation.bill.total())]);
    row.push(largest.map_or_else(String::new, |line| format!("{}, {}", line.name, dollars(line.dollars))));
    row
}

/// The first limit, when it was reached, and what share was refused in the end.
fn first(outcome: &Outcome) -> String {
    let refused = per_cent(outcome.refused_share());
    match outcome.reached().first() {
        None => format!("none; {refused} refused"),
        Some((limit, at)) if limit.refuses() => format!("{limit}, at {}; {refused} refused", time(*at)),
        Some((limit, at)) => {
            let behind = time(outcome.audit.longest);
            format!("{limit}, at {}: the trail falls {behind} behind; {refused} refused", time(*at))
        }
    }
}

/// Refusals, limits and latencies in each stage.
pub(crate) fn stages(evaluations: &[Evaluation]) -> String {
    let head = [
        "verifications",
        "backend",
        "stage",
        "limits reached, in this order",
        "refused",
        "logins that succeeded",
        "initiate p50",
        "p95",
        "p99",
        "verify p50",
        "p95",
        "p99",
    ];
    let rows = evaluations.iter().flat_map(|evaluation| {
        evaluation.stages.iter().map(move |(stage, outcome)| {
            let mut row = name(evaluation);
            row.extend([stage.name().to_owned(), reached(outcome), per_cent(outcome.refused_share())]);
            row.push(per_cent(outcome.succeeded / outcome.wanted.max(1.0)));
            for function in [Function::Initiate, Function::Verify] {
                row.extend([50.0, 95.0, 99.0].map(|per_cent| milliseconds(outcome.percentile(function, per_cent))));
            }
            row
        })
    });
    table(&head, 4.., rows)
}

fn reached(outcome: &Outcome) -> String {
    let told = outcome.reached().into_iter().map(|(limit, at)| {
        let refused = outcome.refused.get(&limit).map_or(0.0, |refusals| refusals.count);
        let share =
            if refused > 0.0 { format!(", {}", per_cent(refused / outcome.all_asked())) } else { String::new() };
        format!("{limit} ({}{share})", time(at))
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { "none".to_owned() } else { told.join("; ") }
}

/// The audit trail behind the queue.
pub(crate) fn trail(figures: &Figures, evaluations: &[Evaluation]) -> String {
    let head = [
        "verifications",
        "backend",
        "stage",
        "events",
        "longest until in the log",
        "behind after the last event",
        "most in flight",
        "reconciled after the last opening",
    ];
    let rows = evaluations.iter().flat_map(|evaluation| {
        evaluation.stages.iter().map(move |(stage, outcome)| {
            let audit = &outcome.audit;
            let mut row = name(evaluation);
            row.extend([
                stage.name().to_owned(),
                count(outcome.usage.events),
                time(audit.longest),
                time(audit.drained),
            ]);
            row.extend([count(audit.in_flight), time(reconciled(figures, outcome.wanted))]);
            row
        })
    });
    table(&head, 3.., rows)
}

/// A bill for a million logins on each backend.
pub(crate) fn bills(evaluations: &[Evaluation]) -> String {
    let head = ["backend", "line", "$ per million logins", "share"];
    let rows = one_size(evaluations).flat_map(|evaluation| {
        let total = evaluation.bill.total();
        let backend = evaluation.question.backend.name();
        let lines = evaluation.bill.lines.iter().map(move |line| {
            vec![backend.to_owned(), line.name.to_owned(), dollars(line.dollars), per_cent(line.dollars / total)]
        });
        lines.chain([vec![backend.to_owned(), "**all**".to_owned(), format!("**{}**", dollars(total)), String::new()]])
    });
    table(&head, 2.., rows)
}

/// What a month costs in which nobody comes.
pub(crate) fn idles(figures: &Figures, evaluations: &[Evaluation]) -> String {
    let rows = one_size(evaluations).flat_map(|evaluation| {
        let backend = evaluation.question.backend;
        let lines = idle(figures, backend);
        let total = lines.iter().map(|line| line.dollars).sum();
        let row = move |name: &str, value| vec![backend.name().to_owned(), name.to_owned(), dollars(value)];
        let mut rows: Vec<Vec<String>> = lines.iter().map(|line| row(line.name, line.dollars)).collect();
        rows.push(row("**all**", total));
        rows
    });
    table(&["backend", "line", "$ a month"], 2.., rows)
}

/// What warming up changes, and what it takes.
pub(crate) fn warming(figures: &Figures, evaluations: &[Evaluation]) -> String {
    let head = [
        "verifications",
        "backend",
        "refused, cold",
        "refused, warm",
        "initiate p99, cold → warm, ms",
        "verify p99, cold → warm, ms",
        "warm throughput, core / ephemeral / audit, writes/s",
        "cache minimum, ECPU/s",
        "provisioned, initiate / verify",
        "an hour of that",
    ];
    let rows = evaluations.iter().filter_map(|evaluation| {
        let (cold, warm) = (evaluation.stage(Stage::Raised)?, evaluation.stage(Stage::Prepared)?);
        let needs = &evaluation.needs;
        let p99 = |outcome: &Outcome, function| milliseconds(outcome.percentile(function, 99.0));
        let both = |function| format!("{} → {}", p99(cold, function), p99(warm, function));
        let events = needs.seconds.iter().map(|second| second.events).fold(0.0, f64::max);
        let audit = events * figures.of(settings::INDEX_WRITES);
        let writes = [needs.usage.peak(Table::Core).writes, needs.usage.peak(Table::Ephemeral).writes, audit];
        let provisioned = [Function::Initiate, Function::Verify].map(|function| needs.environments(figures, function));
        let hour: f64 = Function::ALL
            .iter()
            .map(|function| provisioned_hour(figures, *function, needs.environments(figures, *function)))
            .sum();
        let mut row = name(evaluation);
        row.extend([cold, warm].map(|outcome| per_cent(outcome.refused_share())));
        row.extend([both(Function::Initiate), both(Function::Verify), writes.map(count).join(" / ")]);
        row.extend([count(needs.usage.peak_cache()), provisioned.map(count).join(" / "), dollars(hour)]);
        Some(row)
    });
    table(&head, 2.., rows)
}

/// All figures of a group, with their sources.
pub(crate) fn sources(figures: &Figures, group: &Group) -> String {
    let rows = group.figures.iter().map(|figure| {
        vec![
            format!("`{}`", figure.name),
            value(figures.of(*figure)),
            figure.unit.to_owned(),
            figure.source.to_string(),
        ]
    });
    table(&["figure", "value", "unit", "source"], 1..2, rows)
}

/// The sections of all figures.
pub(crate) fn all_sources(figures: &Figures) -> String {
    let section = |group: &Group| format!("### {}\n\n{}\n\n{}", group.title, group.about, sources(figures, group));
    GROUPS.iter().map(section).collect::<Vec<_>>().join("\n")
}

/// Costs hardly depend on the size: those of the smallest.
fn one_size(evaluations: &[Evaluation]) -> impl Iterator<Item = &Evaluation> {
    let smallest = evaluations.iter().map(|evaluation| evaluation.question.verifications).fold(f64::INFINITY, f64::min);
    evaluations.iter().filter(move |evaluation| evaluation.question.verifications <= smallest)
}

/// The first two columns of most tables.
pub(super) fn name(evaluation: &Evaluation) -> Vec<String> {
    vec![size(evaluation.question.verifications), evaluation.question.backend.name().to_owned()]
}
