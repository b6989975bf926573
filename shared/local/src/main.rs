//! The `countersign` program.

use std::process::ExitCode;

use clap::Parser;
use local::Cli;
use mimalloc::MiMalloc;

/// A request makes some hundred small allocations, most of them for the gateway's event and its way through JSON.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match local::run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&*error);
            ExitCode::FAILURE
        }
    }
}

/// Says what is at fault, with its causes.
#[expect(clippy::print_stderr, reason = "a person reads this in a terminal")]
fn complain(error: &(dyn std::error::Error + 'static)) {
    eprintln!("countersign: {}", telemetry::Chain::of(error));
}
