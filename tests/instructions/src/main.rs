//! Answers requests of one path, for callgrind to count the instructions of: `instructions PATH REQUESTS`.
//!
//! [`answer_all`] is the function whose instructions count (`--toggle-collect`), on the thread that calls it: enrolling, opening and
//! warming up come before it, and key derivations run on other threads. All else is as deployed, from the bytes of the gateway's event
//! to the bytes of the answer, on ports in memory. Time stands still and randomness follows from seeds, so that the requests are the
//! same in every run.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a benchmark fails by panicking")]

use std::env::args;

use tokio::runtime::{Builder, Runtime};

mod event;
mod functions;
mod lambda;
mod path;
mod stage;

use lambda::Lambda;
use path::{Path, Prepared};

fn main() {
    telemetry::start("info".parse().unwrap());
    let arguments: Vec<String> = args().skip(1).collect();
    let [path, requests] = arguments.as_slice() else { panic!("usage: instructions PATH REQUESTS") };
    let (path, requests) = (Path::named(path), requests.parse::<usize>().unwrap());
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let Prepared { lambda, events } = runtime.block_on(path.prepare(WARMING + requests));
    let (warming, counted) = events.split_at(WARMING);
    let before = answer_each(&runtime, &lambda, warming);
    let answers = answer_all(&runtime, &lambda, counted);
    for answer in before.iter().chain(&answers) {
        assert_eq!(event::answer(answer).0, path.status(), "{answer}");
    }
}

/// What is counted.
#[inline(never)]
fn answer_all(runtime: &Runtime, lambda: &Lambda, events: &[String]) -> Vec<String> {
    answer_each(runtime, lambda, events)
}

#[inline(never)]
fn answer_each(runtime: &Runtime, lambda: &Lambda, events: &[String]) -> Vec<String> {
    runtime.block_on(async {
        let mut answers = Vec::with_capacity(events.len());
        for event in events {
            answers.push(lambda.answer(event).await);
        }
        answers
    })
}

/// Afterwards keys and leases are at hand, a refusal is remembered, and the account has as many sessions as it may have.
const WARMING: usize = 6;
