//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use crypto::{ApiKeyMode, KdfParameters};
use domain::TenantId;
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::{Failure, admin, demo, serve};
use crate::client::authority;

/// Countersign on this machine: every function behind one port, with nothing else to install.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, about, arg_required_else_help = false)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    // Without a command, serve's own options can be given directly.
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve every route on 127.0.0.1 (what happens without a command)
    Serve(ServeArgs),
    /// Run the whole journey over HTTP, one line a step
    Demo(DemoArgs),
    /// What an operator does
    #[command(subcommand)]
    Admin(AdminCommand),
}

/// How to serve.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// The port; 0 takes a free one
    #[arg(long, default_value_t = 3000)]
    pub(super) port: u16,
    /// Where tables and keys are kept
    #[arg(long, default_value = ".local", value_name = "DIR")]
    pub(super) data_dir: PathBuf,
    /// Keep nothing: tables in memory, keys in a temporary directory
    #[arg(long, conflicts_with_all = ["data_dir", "dynamodb_url"])]
    pub(super) ephemeral: bool,
    /// How new enrollments' factors are stretched: argon2id, pbkdf2-sha256-600000 or pbkdf2-sha256-100000
    #[arg(long, default_value = "argon2id", value_name = "KDF", value_parser = KdfParameters::from_name)]
    pub(super) kdf: KdfParameters,
    /// Use the DynamoDB at this endpoint (http://127.0.0.1:PORT) instead of the embedded one
    ///
    /// Several processes can share it, if they share --data-dir too: it holds the keys.
    #[arg(long, value_name = "URL", value_parser = endpoint)]
    pub(super) dynamodb_url: Option<String>,
}

/// How to demonstrate.
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Keep tables and keys here [default: nothing is kept]
    #[arg(long, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// How factors are stretched: argon2id, pbkdf2-sha256-600000 or pbkdf2-sha256-100000
    #[arg(long, default_value = "argon2id", value_name = "KDF", value_parser = KdfParameters::from_name)]
    pub(super) kdf: KdfParameters,
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Make a tenant: its branch key, an API key, and a signing key if there is none
    ///
    /// In AWS with --core-table and --kms-key-id (region, credentials and AWS_ENDPOINT_URL as for the AWS CLI), or in a
    /// stopped local host's data with --data-dir. Prints tenant_id=… and api_key=…; the key is shown this once.
    CreateTenant(TenantArgs),
}

/// Which tenant to make, and where.
#[derive(Debug, Args)]
pub(super) struct TenantArgs {
    /// The stack's core table
    #[arg(long, value_name = "NAME", requires = "kms_key_id", required_unless_present = "data_dir")]
    pub(super) core_table: Option<String>,
    /// The stack's KMS key
    #[arg(long, value_name = "ARN", requires = "core_table")]
    pub(super) kms_key_id: Option<String>,
    /// A local host's data instead
    #[arg(long, value_name = "DIR", conflicts_with_all = ["core_table", "kms_key_id"])]
    pub(super) data_dir: Option<PathBuf>,
    /// What the API key is for
    #[arg(long, value_enum, default_value_t = Mode::Test)]
    pub(super) mode: Mode,
    /// The tenant to give a further API key [default: a new tenant]
    #[arg(long, value_name = "UUID", value_parser = tenant_id)]
    pub(super) tenant_id: Option<TenantId>,
}

/// What an API key is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Mode {
    /// For tests: csk_test_…
    Test,
    /// For real: csk_live_…
    Live,
}

impl From<Mode> for ApiKeyMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Test => Self::Test,
            Mode::Live => Self::Live,
        }
    }
}

/// Runs a command to its end.
///
/// # Errors
/// What is at fault, by name.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    telemetry::start(log_filter()?);
    match cli.command {
        None => serve::serve(cli.serve).await,
        Some(Command::Serve(arguments)) => serve::serve(arguments).await,
        Some(Command::Demo(arguments)) => demo::demo(arguments).await,
        Some(Command::Admin(AdminCommand::CreateTenant(arguments))) => admin::create_tenant(arguments).await,
    }
}

/// Warnings and errors only, unless `COUNTERSIGN_LOG` says otherwise: what the commands print is for people. The embedded
/// engine warns of every refused condition, which is an ordinary outcome here.
fn log_filter() -> Result<Targets, Failure> {
    match config::process_environment("COUNTERSIGN_LOG") {
        None => Ok(Targets::new().with_default(LevelFilter::WARN).with_target("dynoxide", LevelFilter::ERROR)),
        Some(_) => Ok(config::log_filter()?),
    }
}

fn endpoint(text: &str) -> Result<String, String> {
    authority(text).map(|authority| format!("http://{authority}")).map_err(|error| error.to_string())
}

fn tenant_id(text: &str) -> Result<TenantId, String> {
    text.parse().map_err(|_| "not a UUID in hyphenated form".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for line in [
            "countersign serve --ephemeral --data-dir x",
            "countersign serve --ephemeral --dynamodb-url http://127.0.0.1:1",
            "countersign serve --dynamodb-url https://127.0.0.1:1",
            "countersign serve --dynamodb-url 127.0.0.1:1",
            "countersign serve --kdf scrypt",
            "countersign serve --port 65536",
            "countersign admin create-tenant",
            "countersign admin create-tenant --core-table t",
            "countersign admin create-tenant --core-table t --kms-key-id k --data-dir d",
            "countersign admin create-tenant --data-dir d --tenant-id 1",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }

    #[test]
    fn what_is_documented_is_accepted() {
        for line in [
            "countersign",
            "countersign --port 0 --ephemeral",
            "countersign serve --port 3000 --data-dir .local --kdf pbkdf2-sha256-100000",
            "countersign serve --dynamodb-url http://127.0.0.1:8000",
            "countersign demo --data-dir x",
            "countersign admin create-tenant --core-table t --kms-key-id k --mode live",
            "countersign admin create-tenant --data-dir d --tenant-id 018f0000-0000-7000-8000-00000000000a",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
    }
}
