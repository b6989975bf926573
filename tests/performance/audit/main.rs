//! What the audit trail costs: the writer's own work, the whole way into the embedded DynamoDB, and what sending an event adds to
//! the answer that waits for it. Prints one JSON object; `just audit` makes tables of it.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark fails by panicking and prints its figures")]

mod answers;
mod writer;

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::runtime::Builder;

fn main() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let figures = json!({
        "bytes_per_event": writer::bytes_per_event(),
        "writer": writer::own_work(&runtime),
        "end_to_end": writer::end_to_end(&runtime),
        "answers": answers::latencies(&runtime),
    });
    println!("{figures}");
}

/// What this thread has computed so far, in seconds (the first field of the kernel's schedstat, proc(5)).
fn cpu_seconds() -> f64 {
    cpu_in("/proc/thread-self/schedstat")
}

/// The same of all threads of this process that have this name.
fn cpu_seconds_of(name: &str) -> f64 {
    let threads = fs::read_dir("/proc/self/task").unwrap().map(|thread| thread.unwrap().path());
    let named = threads.filter(|thread| fs::read_to_string(thread.join("comm")).is_ok_and(|comm| comm.trim() == name));
    named.map(|thread| cpu_in(thread.join("schedstat").to_str().unwrap())).sum()
}

fn cpu_in(schedstat: &str) -> f64 {
    fs::read_to_string(schedstat).unwrap().split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the time that passes")]
async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let began = Instant::now();
    let output = work.await;
    (output, began.elapsed())
}
