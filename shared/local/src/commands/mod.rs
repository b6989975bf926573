//! The program's commands.

mod admin;
mod audit;
mod capacity;
mod cli;
mod demo;
mod progress;
mod say;
mod serve;
mod state;
mod stop;
mod token;
mod welcome;

pub use cli::{Cli, run};

/// Why a command failed; the program prints it with its causes.
type Failure = Box<dyn std::error::Error + Send + Sync>;
