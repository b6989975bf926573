//! The figures of a run; the JSON has them under the same names.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::measure::{LatencySummary, Recorder, Tally, float};
use crate::scenario::{SampleOutcome, Shared, Step};
use crate::schedule::Schedule;

/// Everything about a run in numbers.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Summary {
    pub(crate) scenario: String,
    pub(crate) connections: u32,
    pub(crate) seconds: f64,
    /// `None` in a closed loop.
    pub(crate) intended_per_second: Option<f64>,
    pub(crate) achieved_per_second: f64,
    pub(crate) iterations: u64,
    pub(crate) requests: u64,
    /// Iterations that were intended and did not end.
    pub(crate) unfinished: u64,
    pub(crate) unexpected: u64,
    pub(crate) error_rate: f64,
    pub(crate) latency: LatencySummary,
    pub(crate) lag: LatencySummary,
    pub(crate) most_in_flight: u64,
    pub(crate) steps: BTreeMap<String, LatencySummary>,
    pub(crate) answers: Vec<AnswerCount>,
    /// Microseconds for a request, by process.
    pub(crate) cpu_us_per_request: BTreeMap<String, f64>,
    pub(crate) by_second: Vec<SecondSummary>,
    /// Milliseconds, by the share of latencies that does not exceed them.
    pub(crate) distribution: Vec<(f64, f64)>,
    pub(crate) sample: Option<SampleOutcome>,
}

/// How often one answer came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AnswerCount {
    /// To what.
    pub(crate) step: Step,
    /// `None` if there was no answer.
    pub(crate) status: Option<u16>,
    /// The problem's type, or why there was no answer.
    pub(crate) detail: Box<str>,
    /// As the scenario expects.
    pub(crate) expected: u64,
    /// Otherwise.
    pub(crate) unexpected: u64,
}

/// One second.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct SecondSummary {
    pub(crate) ended: u64,
    pub(crate) unexpected: u64,
    pub(crate) p50_ms: f64,
    pub(crate) p95_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
}

impl Summary {
    /// Of a run that took so long.
    pub(crate) fn of(shared: &Shared, connections: u32, took: Duration, sample: Option<SampleOutcome>) -> Self {
        let recorder = shared.recorder();
        let (plan, requests) = (&shared.plan, recorder.requests());
        let sent = requests.expected + requests.unexpected;
        let iterations = recorder.latencies.count();
        let unfinished = match &plan.schedule {
            Schedule::Closed { .. } => 0,
            Schedule::Open { .. } => plan.schedule.count().unwrap_or(iterations).saturating_sub(iterations),
        };
        let intended = plan.schedule.count().zip(plan.schedule.duration());
        let unexpected = requests.unexpected + unfinished;
        Self {
            scenario: plan.scenario.name(),
            connections,
            seconds: took.as_secs_f64(),
            intended_per_second: intended.map(|(count, duration)| float(count) / duration.as_secs_f64()),
            achieved_per_second: float(iterations) / took.as_secs_f64(),
            iterations,
            requests: sent,
            unfinished,
            unexpected,
            error_rate: float(unexpected) / float((sent + unfinished).max(1)),
            latency: recorder.latencies.summary(),
            lag: recorder.lags.summary(),
            most_in_flight: recorder.most_in_flight,
            steps: recorder.steps.iter().map(|(step, of)| (step.name().to_owned(), of.summary())).collect(),
            answers: answers(&recorder),
            cpu_us_per_request: cpu(shared, sent.max(1)),
            by_second: seconds(&recorder),
            distribution: SHARES.into_iter().map(|share| (share, recorder.latencies.quantile(share))).collect(),
            sample,
        }
    }
}

fn answers(recorder: &Recorder) -> Vec<AnswerCount> {
    let rows = recorder.answers.iter().map(|((step, code), Tally { expected, unexpected })| AnswerCount {
        step: *step,
        status: code.status,
        detail: code.detail.clone(),
        expected: *expected,
        unexpected: *unexpected,
    });
    rows.collect()
}

fn seconds(recorder: &Recorder) -> Vec<SecondSummary> {
    let rows = recorder.seconds.iter().map(|second| {
        let summary = second.latencies.summary();
        SecondSummary {
            ended: summary.count,
            unexpected: second.unexpected,
            p50_ms: summary.p50_ms,
            p95_ms: summary.p95_ms,
            p99_ms: summary.p99_ms,
            max_ms: summary.max_ms,
        }
    });
    rows.collect()
}

fn cpu(shared: &Shared, requests: u64) -> BTreeMap<String, f64> {
    let Some(began) = shared.began() else { return BTreeMap::new() };
    let (before, after) = (began.cpu.iter(), shared.cpu());
    let spent = shared.plan.processes.iter().zip(before.zip(after)).filter_map(|(process, (before, after))| {
        let microseconds = after?.microseconds_since((*before)?);
        Some((process.name.clone(), microseconds / float(requests)))
    });
    spent.collect()
}

/// Finer towards the end, which is what the plot is about.
const SHARES: [f64; 21] = [
    0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9999,
    1.0,
];

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::measure::Latencies;

    /// A run with one percent of errors, 100 a second, whose latencies are 5 ms but for two of a hundred.
    pub(crate) fn summary() -> Summary {
        let mut latencies = Latencies::none().unwrap();
        (0..980).for_each(|_| latencies.record(Duration::from_millis(5)));
        (0..20).for_each(|_| latencies.record(Duration::from_millis(50)));
        let latency = latencies.summary();
        let answer = |status, detail: &str, expected, unexpected| AnswerCount {
            step: Step::Initiate,
            status,
            detail: detail.into(),
            expected,
            unexpected,
        };
        Summary {
            scenario: "initiate".to_owned(),
            connections: 4,
            seconds: 10.0,
            intended_per_second: Some(100.0),
            achieved_per_second: 100.0,
            iterations: 1_000,
            requests: 1_000,
            unfinished: 0,
            unexpected: 10,
            error_rate: 0.01,
            latency: LatencySummary { p95_ms: 5.0, ..latency },
            lag: latency,
            most_in_flight: 4,
            steps: BTreeMap::from([("initiate".to_owned(), latency)]),
            answers: vec![answer(Some(201), "", 990, 0), answer(None, "no answer in time", 0, 10)],
            cpu_us_per_request: BTreeMap::from([("host".to_owned(), 50.0)]),
            by_second: vec![
                SecondSummary {
                    ended: 100,
                    unexpected: 1,
                    p50_ms: 5.0,
                    p95_ms: 5.0,
                    p99_ms: 50.0,
                    max_ms: 50.0
                };
                10
            ],
            distribution: SHARES.into_iter().map(|share| (share, latencies.quantile(share))).collect(),
            sample: None,
        }
    }
}
