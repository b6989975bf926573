//! The arguments of `countersign audit`.

use std::fs;
use std::path::{Path, PathBuf};

use audit_log::{FolderObjects, LogKeys, SignedHeader, read_checkpoints};
use clap::{Args, Subcommand};
use domain::EventId;

use crate::audit_path::{CHECKPOINTS, LOG, PUBLIC_KEY};
use crate::commands::Failure;

#[derive(Debug, Subcommand)]
pub(in crate::commands) enum AuditCommand {
    /// Recompute the whole log from its bytes, and name the first that is wrong
    ///
    /// Exits with 1 if anything was changed, or if the log ends before a checkpoint.
    Verify(VerifyArgs),
    /// Prove that an event is in the log, by a file that needs nothing else to be checked but the public key
    Prove(ProveArgs),
    /// Check such a file
    Check(CheckArgs),
    /// Print the latest events, one a line
    Tail(TailArgs),
}

/// Which log, and what it is checked with.
#[derive(Debug, Args)]
pub(super) struct LogArgs {
    /// The data directory of a local host, with its log, key and checkpoints
    #[arg(long, default_value = ".local", value_name = "DIR")]
    data_dir: PathBuf,
    /// The log in this folder instead; of a stack: what `aws s3 sync` copied of its bucket
    #[arg(long, value_name = "FOLDER", requires = "key", conflicts_with = "data_dir")]
    log: Option<PathBuf>,
    /// The public keys that may have signed it: a JWK, a set of them, or DER as KMS gives it
    #[arg(long, value_name = "FILE", requires = "log")]
    key: Option<PathBuf>,
    /// Checkpoints that were published elsewhere: only they tell if the log was cut off
    #[arg(long, value_name = "FOLDER")]
    checkpoints: Option<PathBuf>,
}

/// What to verify.
#[derive(Debug, Args)]
pub(in crate::commands) struct VerifyArgs {
    #[command(flatten)]
    pub(super) log: LogArgs,
}

/// What to prove.
#[derive(Debug, Args)]
pub(in crate::commands) struct ProveArgs {
    /// The event's id, as `audit tail` and GET /v1/audit tell it
    #[arg(value_name = "EVENT_ID", value_parser = event_id)]
    pub(super) event: EventId,
    /// Where to put the proof [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) log: LogArgs,
}

/// What to check.
#[derive(Debug, Args)]
pub(in crate::commands) struct CheckArgs {
    /// What `audit prove` made
    #[arg(value_name = "FILE")]
    pub(super) proof: PathBuf,
    /// The public keys that may have signed the log
    #[arg(long, value_name = "FILE")]
    pub(super) key: PathBuf,
}

/// What to print.
#[derive(Debug, Args)]
pub(in crate::commands) struct TailArgs {
    /// How many events
    #[arg(short = 'n', long, default_value_t = 10, value_name = "N")]
    pub(super) lines: usize,
    /// Go on with what comes
    #[arg(short, long)]
    pub(super) follow: bool,
    /// The data directory of a local host
    #[arg(long, default_value = ".local", value_name = "DIR")]
    data_dir: PathBuf,
    /// The log in this folder instead
    #[arg(long, value_name = "FOLDER", conflicts_with = "data_dir")]
    log: Option<PathBuf>,
}

impl LogArgs {
    /// The log's folder.
    pub(super) fn folder(&self) -> PathBuf {
        self.log.clone().unwrap_or_else(|| self.data_dir.join(LOG))
    }

    /// The log.
    pub(super) fn log(&self) -> Result<FolderObjects, Failure> {
        let folder = self.folder();
        fs::read_dir(&folder).map_err(|source| NoLog { folder: folder.clone(), source })?;
        Ok(FolderObjects::new(folder))
    }

    /// Who may have signed it.
    pub(super) fn keys(&self) -> Result<LogKeys, Failure> {
        read_keys(&self.key.clone().unwrap_or_else(|| self.data_dir.join(PUBLIC_KEY)))
    }

    /// What was published of it, as far as is known here.
    pub(super) fn checkpoints(&self) -> Result<Vec<SignedHeader>, Failure> {
        let known = self.data_dir.join(CHECKPOINTS);
        match &self.checkpoints {
            Some(folder) => read_published(folder),
            None if self.log.is_none() && known.is_dir() => read_published(&known),
            None => Ok(Vec::new()),
        }
    }
}

impl TailArgs {
    /// The log's folder.
    pub(super) fn folder(&self) -> PathBuf {
        self.log.clone().unwrap_or_else(|| self.data_dir.join(LOG))
    }
}

/// The public keys in a file.
pub(super) fn read_keys(path: &Path) -> Result<LogKeys, Failure> {
    let unusable = |source: Failure| Unusable { path: path.to_owned(), source };
    let file = fs::read(path).map_err(|error| unusable(error.into()))?;
    Ok(LogKeys::parse(&file).map_err(|error| unusable(error.into()))?)
}

fn read_published(folder: &Path) -> Result<Vec<SignedHeader>, Failure> {
    let unusable = |source: std::io::Error| Unusable { path: folder.to_owned(), source: source.into() };
    Ok(read_checkpoints(folder).map_err(unusable)?)
}

fn event_id(text: &str) -> Result<EventId, String> {
    text.parse().map_err(|_| "not a UUID in hyphenated form".to_owned())
}

/// There is nothing to look at.
#[derive(Debug, thiserror::Error)]
#[error("there is no audit log in {}: --data-dir or --log says where it is", folder.display())]
pub(super) struct NoLog {
    pub(super) folder: PathBuf,
    pub(super) source: std::io::Error,
}

/// A file or folder of the arguments can't be used.
#[derive(Debug, thiserror::Error)]
#[error("{} can't be used", path.display())]
pub(super) struct Unusable {
    pub(super) path: PathBuf,
    pub(super) source: Failure,
}
