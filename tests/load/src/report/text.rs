//! The figures for a terminal.

use crate::report::{Summary, say};

/// Says all of them but the seconds.
pub(crate) fn print(summary: &Summary) {
    say(&head(summary));
    say(&format!("{:<14} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8}", "ms", "count", "p50", "p95", "p99", "p99.9", "max"));
    let all = [("iteration", &summary.latency), ("sent late by", &summary.lag)];
    for (name, of) in all.into_iter().chain(summary.steps.iter().map(|(name, of)| (name.as_str(), of))) {
        let counts = [of.p50_ms, of.p95_ms, of.p99_ms, of.p999_ms, of.max_ms].map(|ms| format!("{ms:>8.2}")).join(" ");
        say(&format!("{name:<14} {:>9} {counts}", of.count));
    }
    for answer in &summary.answers {
        let status = answer.status.map_or("none".to_owned(), |status| status.to_string());
        let unexpected =
            if answer.unexpected > 0 { format!("   UNEXPECTED {}", answer.unexpected) } else { String::new() };
        say(&format!("{:<14} {status} {} {}{unexpected}", answer.step.name(), answer.detail, answer.expected));
    }
    for (name, microseconds) in &summary.cpu_us_per_request {
        say(&format!("CPU of {name}: {microseconds:.1} µs a request"));
    }
    if let Some(sample) = summary.sample {
        say(&format!(
            "sample: {} taken, {} open, {} verified, {} lost",
            sample.taken, sample.open, sample.verified, sample.lost
        ));
    }
    if summary.lag.p99_ms > LATE_MS {
        say(&late(summary));
    }
}

fn head(summary: &Summary) -> String {
    let intended = summary.intended_per_second.map_or("closed loop".to_owned(), |rate| format!("{rate:.0}/s intended"));
    format!(
        "{}: {:.0}/s over {:.1} s ({intended}, {} connections), {} requests, error rate {:.4} %",
        summary.scenario,
        summary.achieved_per_second,
        summary.seconds,
        summary.connections,
        summary.requests,
        100.0 * summary.error_rate,
    )
}

/// A figure that says more about this program than about the target has to be seen as that.
fn late(summary: &Summary) -> String {
    let reason = if summary.most_in_flight >= u64::from(summary.connections) {
        "all connections were waiting for answers"
    } else {
        "this program had too little CPU time"
    };
    format!("requests were sent late ({:.1} ms at p99): {reason}; latencies include it", summary.lag.p99_ms)
}

const LATE_MS: f64 = 5.0;
