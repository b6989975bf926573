//! Where a host's state is and which limits hold: what `serve` and `demo` have in common.

use std::fs;
use std::path::{Path, PathBuf};

use admission::{Policy, PolicyError};
use clap::{Args, ValueEnum};
use config::{Cache, CachePlace, CacheSettings};
use serde_json::{Map, Value};

use super::Failure;

/// Where what is ephemeral is kept, and which limits hold.
#[derive(Debug, Args)]
pub(super) struct StateArgs {
    /// Where verifications, counters and requests in flight are kept
    #[arg(long, value_enum, default_value_t = Backend::Dynamodb, value_name = "BACKEND")]
    backend: Backend,
    /// The Valkey (or Redis) of --backend valkey: redis://127.0.0.1:PORT, with ?cluster=true for a cluster
    ///
    /// If it does not answer, the host works with DynamoDB until it does.
    #[arg(long, value_name = "URL", value_parser = valkey, required_if_eq("backend", "valkey"))]
    valkey_url: Option<Cache>,
    /// A JSON file of rows of the limits' table to replace, for example {"user": {"quota": 5}}
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
}

/// Where what is ephemeral is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Backend {
    /// In DynamoDB, with everything else
    Dynamodb,
    /// In Valkey, with DynamoDB behind it
    Valkey,
}

impl StateArgs {
    /// The cache, if there is to be one.
    pub(super) fn cache(&self) -> Result<CacheSettings, Failure> {
        match (self.backend, &self.valkey_url) {
            (Backend::Valkey, Some(cache)) => Ok(CacheSettings::Cache(cache.clone())),
            (Backend::Dynamodb, None) => Ok(CacheSettings::None),
            (Backend::Dynamodb, Some(_)) => Err("--valkey-url is for --backend valkey".into()),
            (Backend::Valkey, None) => Err("--backend valkey needs --valkey-url".into()),
        }
    }

    /// The limits.
    pub(super) fn policy(&self) -> Result<Policy, Failure> {
        read_policy(self.policy.as_deref())
    }
}

/// The limits' table with the rows of this file in it; without a file, the defaults.
pub(super) fn read_policy(path: Option<&Path>) -> Result<Policy, Failure> {
    let Some(path) = path else { return Ok(Policy::default()) };
    let unreadable = |source| PolicyFileError::Unreadable { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(unreadable)?;
    text.trim().parse().map_err(|source| refused(path, &text, source).into())
}

/// Names the limit that does not exist, which the table's own error never does: it may hold no text but ours.
fn refused(path: &Path, text: &str, source: PolicyError) -> PolicyFileError {
    let path = path.to_owned();
    let table: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    let policy = Policy::default();
    let mut names = table.keys().filter(|name| policy.rows().iter().all(|row| row.name != name.as_str()));
    match names.next() {
        Some(name) => PolicyFileError::NoSuchLimit { path, name: name.clone(), known: known(&policy) },
        None => PolicyFileError::Refused { path, source },
    }
}

fn known(policy: &Policy) -> String {
    let names: Vec<&str> = policy.rows().iter().map(|row| row.name).collect();
    names.join(", ")
}

/// Why the limits are not to be had.
#[derive(Debug, thiserror::Error)]
enum PolicyFileError {
    #[error("the file of --policy, {}, can't be read", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("the file of --policy, {}, names a limit that does not exist, {name:?}; there are {known}", path.display())]
    NoSuchLimit { path: PathBuf, name: String, known: String },
    #[error("the file of --policy, {}, is not a table of limits", path.display())]
    Refused { path: PathBuf, source: PolicyError },
}

/// A server that a laptop can reach without AWS.
fn valkey(text: &str) -> Result<Cache, String> {
    match text.parse() {
        Ok(CacheSettings::Cache(cache)) if cache.login.is_none() && !matches!(cache.place, CachePlace::Named(_)) => {
            Ok(cache)
        }
        _ => Err("not redis://127.0.0.1:PORT or rediss://HOST:PORT, perhaps with ?cluster=true".to_owned()),
    }
}
