//! The commands.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use rlt::cli::BenchCli;
use serde_json::json;

use crate::arguments::{Arguments, CeilingArguments, Command, EnrollArguments, RunArguments, TargetArguments};
use crate::ceiling;
use crate::client::{Calls, Users};
use crate::measure::Process;
use crate::report::{self, Progress, Summary, say};
use crate::scenario::{Plan, Scenario, Shared, Suite, look_for};
use crate::schedule::{End, Schedule};

/// Runs a command to its end.
///
/// # Errors
/// What kept it from measuring.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Enroll(arguments) => enroll(&arguments).await,
        Command::Run(arguments) => load(&arguments).await,
        Command::KdfCeiling(arguments) => ceiling(&arguments).await,
    }
}

async fn enroll(arguments: &EnrollArguments) -> anyhow::Result<ExitCode> {
    let schedule = Schedule::Closed { end: End::Count(arguments.target.users) };
    let shared = Arc::new(Shared::new(plan(&arguments.target, Scenario::Enroll, schedule)?)?);
    let took = drive(&shared, arguments.connections).await?;
    let summary = Summary::of(&shared, arguments.connections, took, None);
    report::print(&summary);
    Ok(if summary.unexpected == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn load(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let schedule = arguments.schedule()?;
    let connections = arguments.connections.unwrap_or(match schedule {
        Schedule::Closed { .. } => 16,
        Schedule::Open { .. } => 256,
    });
    let plan = Plan {
        ahead: arguments.ahead,
        sample: arguments.sample,
        processes: arguments.cpu.iter().cloned().chain([Process::own()]).collect(),
        ..plan(&arguments.target, arguments.scenario, schedule)?
    };
    let shared = Arc::new(Shared::new(plan)?);
    let took = drive(&shared, connections).await?;
    let mut summary = Summary::of(&shared, connections, took, None);
    if arguments.sample > 0 {
        summary.sample = Some(look_for(&shared).await);
    }
    report::print(&summary);
    write(arguments, &summary)?;
    let missed = arguments.aims.missed(&summary);
    for line in &missed {
        say(&format!("load: MISSED {line}"));
    }
    Ok(if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn ceiling(arguments: &CeilingArguments) -> anyhow::Result<ExitCode> {
    let rate = ceiling::ceiling(arguments.kdf, Duration::from_secs(arguments.seconds)).await?;
    say(&format!("{rate:.1} derivations a second on all processors"));
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_vec(&json!({ "derivations_per_second": rate }))?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Lets the runner do the plan, and says how long that took.
async fn drive(shared: &Arc<Shared>, connections: u32) -> anyhow::Result<Duration> {
    let schedule = &shared.plan.schedule;
    let mut line =
        vec!["load".to_owned(), format!("--concurrency={connections}"), "--output-file=/dev/null".to_owned()];
    line.extend(schedule.count().map(|count| format!("--iterations={count}")));
    // What is intended is sent however late, but not for ever.
    let grace = if schedule.count().is_some() { GRACE } else { Duration::ZERO };
    line.extend(schedule.duration().map(|duration| format!("--duration={}ms", (duration + grace).as_millis())));
    let is_watched = std::io::stdout().is_terminal();
    let progress = (!is_watched).then(|| Progress::start(Arc::clone(shared)));
    rlt::cli::run(BenchCli::try_parse_from(line)?, Suite(Arc::clone(shared))).await?;
    drop(progress);
    shared.began().map(|began| began.at.elapsed()).ok_or_else(|| anyhow::anyhow!("nothing was sent"))
}

fn plan(target: &TargetArguments, scenario: Scenario, schedule: Schedule) -> anyhow::Result<Plan> {
    Ok(Plan {
        scenario,
        schedule,
        users: Users { seed: target.seed, count: target.users },
        calls: Calls::new(&target.url, &target.api_key)?,
        address: target.url.address(),
        timeout: Duration::from_secs(target.timeout_seconds),
        ahead: 0,
        sample: 0,
        processes: Vec::new(),
    })
}

fn write(arguments: &RunArguments, summary: &Summary) -> anyhow::Result<()> {
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_vec_pretty(summary)?)?;
    }
    if let Some(path) = &arguments.html {
        std::fs::write(path, report::page(summary)?)?;
    }
    if let Some(path) = &arguments.plot {
        std::fs::write(path, report::latency_over_time(summary)?)?;
    }
    Ok(())
}

/// For answers to what was intended before the end.
const GRACE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
