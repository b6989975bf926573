//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::client::Url;
use crate::measure::Process;
use crate::report::Aims;
use crate::scenario::Scenario;
use crate::schedule::{End, Schedule};

/// Loads a running Countersign and reports what it saw.
#[derive(Debug, Parser)]
#[command(name = "load", version, about)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Enrol the users that scenarios use, with pin and nfc each; those that are enrolled already stay as they are
    Enroll(EnrollArguments),
    /// Run a scenario
    Run(Box<RunArguments>),
    /// How many key derivations a second all processors do with nothing else to do
    KdfCeiling(CeilingArguments),
}

/// Whom to ask, as whom.
#[derive(Debug, Args)]
pub(crate) struct TargetArguments {
    /// The target, http://HOST:PORT, perhaps with a path
    #[arg(long)]
    pub(crate) url: Url,
    /// An API key of the target
    #[arg(long, env = "COUNTERSIGN_LOAD_API_KEY", hide_env_values = true)]
    pub(crate) api_key: String,
    /// How many users there are
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) users: u64,
    /// What the users' ids and digests are derived from
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// Each call ends after this many seconds, answered or not
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub(crate) timeout_seconds: u64,
}

#[derive(Debug, Args)]
pub(crate) struct EnrollArguments {
    #[command(flatten)]
    pub(crate) target: TargetArguments,
    /// How many connections enrol at once
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) connections: u32,
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// What is asked
    #[arg(long, value_enum)]
    pub(crate) scenario: Scenario,
    #[command(flatten)]
    pub(crate) target: TargetArguments,
    /// Open loop: so many iterations are meant to start in each second, and latencies run from then. Without it, closed loop:
    /// each connection goes on as soon as it has its answer
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) rate: Option<u32>,
    /// Connections, each with one request at a time [default: 16 in a closed loop, 256 in an open one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) connections: Option<u32>,
    /// How long iterations are started [default: 30]
    #[arg(long, value_name = "N", conflicts_with = "count", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seconds: Option<u64>,
    /// How many iterations are started
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,
    /// Verifications that each connection opens before the measuring begins, for status, verify and mixed
    #[arg(long, default_value_t = 8, value_name = "N")]
    pub(crate) ahead: u64,
    /// Keep so many of the verifications that initiate opens, spread evenly, and look for them at the end
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) sample: u64,
    /// Report the CPU time of a process meanwhile, for example `--cpu host=4711`
    #[arg(long, value_name = "NAME=PID")]
    pub(crate) cpu: Vec<Process>,
    /// Write the summary here, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write a report with plots here
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write the plot of latency over time here, as SVG
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) aims: Aims,
}

#[derive(Debug, Args)]
pub(crate) struct CeilingArguments {
    /// The derivation, by its name in configuration
    #[arg(long, default_value = "pbkdf2-sha256-100000", value_parser = crypto::KdfParameters::from_name)]
    pub(crate) kdf: crypto::KdfParameters,
    /// How long
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=60))]
    pub(crate) seconds: u64,
    /// Write the figure here, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

impl RunArguments {
    /// When iterations start.
    ///
    /// # Errors
    /// What the scenario can't have.
    pub(crate) fn schedule(&self) -> anyhow::Result<Schedule> {
        let seconds = Duration::from_secs(self.seconds.unwrap_or(30));
        let end = self.count.map_or(End::After(seconds), End::Count);
        if self.scenario == Scenario::ReplayStorm {
            let too_long = matches!(end, End::After(duration) if duration > KEY_LIFETIME);
            anyhow::ensure!(!too_long, "a request can be replayed for 5 minutes only: take fewer --seconds");
        }
        match (self.scenario, self.rate) {
            (Scenario::Burst, rate) => {
                anyhow::ensure!(self.count.is_none(), "a burst is described by --rate and --seconds");
                Ok(Schedule::burst(rate.unwrap_or(500), seconds))
            }
            (_, Some(rate)) => Ok(Schedule::steady(rate, end)),
            (_, None) => Ok(Schedule::Closed { end }),
        }
    }
}

/// A little less than an idempotency key is fresh for.
const KEY_LIFETIME: Duration = Duration::from_secs(280);

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn run(line: &str) -> RunArguments {
        let line = format!("load run --url http://127.0.0.1:1 --api-key k {line}");
        match Arguments::try_parse_from(line.split(' ')).unwrap().command {
            Command::Run(run) => *run,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn without_a_rate_the_loop_is_closed() {
        let closed = run("--scenario login --seconds 5").schedule().unwrap();
        let open = run("--scenario login --seconds 5 --rate 10").schedule().unwrap();

        assert_eq!(closed, Schedule::Closed { end: End::After(Duration::from_secs(5)) });
        assert_eq!(open.count(), Some(50));
    }

    #[test]
    fn a_burst_is_always_an_open_loop() {
        assert_eq!(run("--scenario burst --seconds 10").schedule().unwrap().count(), Some(500 * 8 + 5_000 * 2));
        assert!(run("--scenario burst --count 10").schedule().is_err());
    }

    #[test]
    fn a_storm_ends_before_its_key_is_stale() {
        assert!(run("--scenario replay-storm --seconds 280").schedule().is_ok());
        assert!(run("--scenario replay-storm --seconds 281").schedule().is_err());
    }
}
