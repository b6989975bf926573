//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use crypto::KdfParameters;
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::admin::AdminCommand;
use super::audit::AuditCommand;
use super::capacity::CapacityArgs;
use super::state::StateArgs;
use super::token::TokenCommand;
use super::{Failure, admin, audit, capacity, demo, serve, token};
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
    /// Verify, prove and read the audit log
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Check an access token offline
    #[command(subcommand)]
    Token(TokenCommand),
    /// Simulate what a deployed stage holds, and what that costs
    Capacity(CapacityArgs),
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
    /// Leave audit events in the queue, for another host on the same --data-dir to bring into the log
    #[arg(long)]
    pub(super) leave_audit_queue: bool,
    #[command(flatten)]
    pub(super) state: StateArgs,
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
    #[command(flatten)]
    pub(super) state: StateArgs,
}

/// Runs a command to its end.
///
/// # Errors
/// What is at fault, by name.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    let filter = log_filter()?;
    match &cli.command {
        None | Some(Command::Serve(_)) => telemetry::start(filter),
        // What these print may be read by a program.
        Some(_) => tracing::subscriber::set_global_default(telemetry::subscriber(filter, std::io::stderr))?,
    }
    match cli.command {
        None => serve::serve(cli.serve).await,
        Some(Command::Serve(arguments)) => serve::serve(arguments).await,
        Some(Command::Demo(arguments)) => demo::demo(arguments).await,
        Some(Command::Admin(command)) => admin::run(command).await,
        Some(Command::Audit(command)) => audit::run(command).await,
        Some(Command::Token(command)) => token::run(command).await,
        Some(Command::Capacity(arguments)) => capacity::capacity(&arguments),
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

/// A DynamoDB endpoint.
pub(super) fn endpoint(text: &str) -> Result<String, String> {
    authority(text).map(|authority| format!("http://{authority}")).map_err(|error| error.to_string())
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
            "countersign admin create-tenant --core-table t",
            "countersign admin create-tenant --core-table t --kms-key-id k --data-dir d",
            "countersign admin create-tenant --data-dir d --tenant-id 1",
            "countersign serve --backend redis",
            "countersign serve --backend valkey",
            "countersign serve --backend valkey --valkey-url redis://10.0.0.1:6379",
            "countersign serve --backend valkey --valkey-url http://127.0.0.1:6379",
            "countersign serve --backend valkey --valkey-url redis://127.0.0.1",
            "countersign serve --backend valkey --valkey-url redis://127.0.0.1:6379?cluster=perhaps",
            "countersign serve --backend valkey --valkey-url serverless-cache/x",
            "countersign admin unlock-account --data-dir d --tenant 018f0000-0000-7000-8000-00000000000a",
            "countersign admin unlock-account --data-dir d --tenant a --user b",
            "countersign admin disable-user --data-dir d --user 018f0000-0000-7000-8000-00000000000b",
            "countersign admin enable-user --tenant 018f0000-0000-7000-8000-00000000000a --user b",
            "countersign admin erase-user --data-dir d --tenant 018f0000-0000-7000-8000-00000000000a",
            "countersign admin put-listing --data-dir d --subject 198.51.100.0/24 --access denied --expires-at 2027-01-01T00:00:00Z",
            "countersign admin put-listing --data-dir d --subject network/198.51.100.0/24 --access no --expires-at 2027-01-01T00:00:00Z",
            "countersign admin put-listing --data-dir d --subject network/198.51.100.0/24 --access denied --expires-at tomorrow",
            "countersign admin put-listing --data-dir d --subject network/198.51.100.0/24 --access denied",
            "countersign admin remove-listing --data-dir d",
            "countersign admin remove-listing --subject network/::/0 --audit-queue-url u",
            "countersign admin show-limits --dynamodb-url http://127.0.0.1:8000",
            "countersign admin create-key --data-dir d --tenant 018f0000-0000-7000-8000-00000000000a --name n --scopes everything",
            "countersign admin create-key --data-dir d --tenant 018f0000-0000-7000-8000-00000000000a --name n",
            "countersign admin rotate-key --data-dir d --tenant 018f0000-0000-7000-8000-00000000000a",
            "countersign admin rotate-key --data-dir d --tenant 018f0000-0000-7000-8000-00000000000a --key abababababababab --overlap-seconds 2592001",
            "countersign admin revoke-key --data-dir d --tenant 018f0000-0000-7000-8000-00000000000a --key csk_live_x",
            "countersign admin list-keys --data-dir d",
            "countersign audit verify --log l",
            "countersign audit verify --key k",
            "countersign audit verify --log l --key k --data-dir d",
            "countersign audit prove",
            "countersign audit prove 42",
            "countersign audit check p",
            "countersign audit tail -n many",
            "countersign token",
            "countersign token check",
            "countersign token check t --tenant a",
            "countersign capacity --concurrent many",
            "countersign capacity --concurrent 0",
            "countersign capacity --backend redis",
            "countersign capacity --set wrong",
            "countersign capacity --set wrong=often",
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
            "countersign serve --data-dir x --leave-audit-queue",
            "countersign demo --data-dir x",
            "countersign admin create-tenant --core-table t --kms-key-id k --mode live",
            "countersign admin create-tenant --data-dir d --tenant-id 018f0000-0000-7000-8000-00000000000a",
            "countersign --backend valkey --valkey-url redis://127.0.0.1:6379",
            "countersign serve --backend valkey --valkey-url redis://127.0.0.1:7000?cluster=true --policy limits.json",
            "countersign demo --backend valkey --valkey-url redis://127.0.0.1:6379 --policy limits.json",
            "countersign admin unlock-account --data-dir d --tenant 018f0000-0000-7000-8000-00000000000a --user 018f0000-0000-7000-8000-00000000000b",
            "countersign admin unlock-account --core-table t --kms-key-id k --audit-queue-url u --tenant 018f0000-0000-7000-8000-00000000000a --user 018f0000-0000-7000-8000-00000000000b",
            "countersign admin disable-user --data-dir d --tenant 018f0000-0000-7000-8000-00000000000a --user 018f0000-0000-7000-8000-00000000000b",
            "countersign admin enable-user --core-table t --kms-key-id k --audit-queue-url u --tenant 018f0000-0000-7000-8000-00000000000a --user 018f0000-0000-7000-8000-00000000000b",
            "countersign admin put-listing --data-dir d --subject network/198.51.100.0/24 --access denied --expires-at 2027-01-01T00:00:00Z",
            "countersign admin erase-user --data-dir d --tenant 018f0000-0000-7000-8000-00000000000a --user 018f0000-0000-7000-8000-00000000000b",
            "countersign admin remove-listing --data-dir d --dynamodb-url http://127.0.0.1:8000 --subject network/2001:db8::/32",
            "countersign admin import --data-dir d --tenant-id 018f0000-0000-7000-8000-00000000000a users.jsonl --report r",
            "countersign admin show-limits",
            "countersign admin show-limits --policy limits.json --data-dir d",
            "countersign admin create-key --data-dir d --tenant 018f0000-0000-7000-8000-00000000000a --name n --mode live --scopes audit --expires-at 2027-01-01T00:00:00Z",
            "countersign admin create-key --core-table t --kms-key-id k --audit-queue-url u --tenant 018f0000-0000-7000-8000-00000000000a --name n --scopes verifications,sessions:read",
            "countersign admin rotate-key --data-dir d --tenant 018f0000-0000-7000-8000-00000000000a --key abababababababab",
            "countersign admin rotate-key --data-dir d --tenant 018f0000-0000-7000-8000-00000000000a --key abababababababab --overlap-seconds 0",
            "countersign admin revoke-key --data-dir d --tenant 018f0000-0000-7000-8000-00000000000a --key abababababababab",
            "countersign admin list-keys --core-table t --kms-key-id k --tenant 018f0000-0000-7000-8000-00000000000a",
            "countersign audit verify",
            "countersign audit verify --data-dir d --checkpoints c",
            "countersign audit verify --log l --key k --checkpoints c",
            "countersign audit prove 018f0000-0000-7000-8000-00000000000a --out p",
            "countersign audit check p --key k",
            "countersign audit tail",
            "countersign audit tail -f -n 3 --log l",
            "countersign token check --tenant 018f0000-0000-7000-8000-00000000000a",
            "countersign token check - --tenant 018f0000-0000-7000-8000-00000000000a --issuer https://a.example --jwks keys.json --transaction {}",
            "countersign capacity",
            "countersign capacity --concurrent 100000,1000000 --backend valkey --seed 2 --set wrong=0.2 --set kdf=12.0 --out d",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
    }
}
