//! A line every few seconds, where there is no terminal to draw on.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::measure::float;
use crate::report::say;
use crate::scenario::Shared;

/// Tells of a run until it is dropped.
#[derive(Debug)]
pub(crate) struct Progress(JoinHandle<()>);

impl Progress {
    /// Begins to tell.
    pub(crate) fn start(shared: Arc<Shared>) -> Self {
        Self(tokio::spawn(async move {
            let mut ticks = interval(EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut told = 0;
            loop {
                ticks.tick().await;
                told = tell(&shared, told).unwrap_or(told);
            }
        }))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Tells of the whole seconds since those that were told of.
fn tell(shared: &Shared, told: usize) -> Option<usize> {
    let elapsed = shared.began()?.at.elapsed();
    let now = usize::try_from(elapsed.as_secs()).ok()?;
    let seconds = u64::try_from(now.checked_sub(told)?).ok().filter(|seconds| *seconds > 0)?;
    let recorder = shared.recorder();
    let (recent, total) = (recorder.between(told, now), recorder.latencies.count());
    let summary = recent.latencies.summary();
    say(&format!(
        "{now:>5} s {:>8.0}/s   p50 {:>8.2} ms   p99 {:>8.2} ms   max {:>8.2} ms   unexpected {}   in all {total}",
        float(summary.count) / float(seconds),
        summary.p50_ms,
        summary.p99_ms,
        summary.max_ms,
        recent.unexpected,
    ));
    Some(now)
}

const EVERY: Duration = Duration::from_secs(5);
