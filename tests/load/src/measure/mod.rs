//! What is measured, and how cheaply.

mod latency;
mod pacer;
mod process;
mod recorder;

pub(crate) use latency::{Latencies, LatencySummary, float};
pub(crate) use pacer::Pacer;
pub(crate) use process::{CpuTime, Process};
pub(crate) use recorder::{Recorder, Tally};
