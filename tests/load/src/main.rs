//! Loads a running Countersign and reports what it saw; see the README beside.

mod arguments;
mod ceiling;
mod client;
mod measure;
mod random;
mod report;
mod run;
mod scenario;
mod schedule;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;

/// One thread: on a machine that the host shares, waking a second one costs more than it brings.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let outcome = run::run(Arguments::parse()).await;
    outcome.unwrap_or_else(|error| {
        report::say(&format!("load: {error:#}"));
        ExitCode::FAILURE
    })
}
