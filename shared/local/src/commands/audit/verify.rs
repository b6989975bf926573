//! `countersign audit verify`.

use audit::RETENTION;
use audit_log::{Expectation, Report, ShardReport, verify_retained};
use domain::{Clock, SystemClock};
use jiff::Timestamp;

use super::arguments::LogArgs;
use crate::commands::Failure;
use crate::commands::progress::Bar;
use crate::commands::say::say;

/// Verifies a log and says what was found; fails with the first thing that is wrong.
pub(super) fn verify(arguments: &LogArgs) -> Result<(), Failure> {
    let (log, keys) = (arguments.log()?, arguments.keys()?);
    // Before the log is listed, which grows.
    let checkpoints = arguments.checkpoints()?;
    let bar = Bar::new();
    let retained_since = SystemClock.now().checked_sub(RETENTION).unwrap_or(Timestamp::MIN);
    let expected = Expectation { keys: &keys, checkpoints: &checkpoints, retained_since };
    let report = verify_retained(&log, &expected, &mut |progress| {
        bar.show((progress.bytes, progress.total_bytes), format!("{} events", progress.events));
    })?;
    drop(bar);
    Ok(say(&told(&report))?)
}

fn told(report: &Report) -> String {
    let mut lines: Vec<String> = report.shards.iter().map(shard).collect();
    let events: u64 = report.shards.iter().map(|shard| shard.events).sum();
    let expired: u64 = report.shards.iter().map(|shard| shard.expired).sum();
    if expired > 0 {
        lines.push(format!("{expired} events are gone, at the end of their retention"));
    }
    if !report.orphans.is_empty() {
        lines.push(format!("{} payloads without a header, which no batch has", report.orphans.len()));
    }
    lines.extend(report.foreign.iter().map(|name| format!("not part of the log: {name}")));
    if report.shards.iter().all(|shard| shard.checkpoints == 0) {
        lines.push("no checkpoints: whether the log was cut off can't be told".to_owned());
    }
    lines.push(format!("verified: {events} events"));
    lines.join("\n")
}

fn shard(ShardReport { shard, events, head, checkpoints, .. }: &ShardReport) -> String {
    let header = head.header();
    let (batches, at) = (header.batch, header.at);
    format!(
        "shard {shard}: {events} events in {batches} batches up to {at:.3}, {checkpoints} checkpoints, {}",
        head.hash()
    )
}
