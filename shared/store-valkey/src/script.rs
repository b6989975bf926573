//! The scripts, and how they are called: by their hash, and with their text only when the server does not know it.
//!
//! A script has one key. It decides and writes in one step, and whatever it stores expires by the same command.

use std::sync::OnceLock;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use redis::{Cmd, Value};
use store::{StoreError, StoreErrorKind};

use crate::keys::Key;
use crate::nodes::Outcome;
use crate::{CacheFailure, CorruptEntry, ValkeyStore};

/// A script and its name.
#[derive(Debug)]
pub(crate) struct Script {
    text: &'static str,
    hash: OnceLock<String>,
}

impl Script {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text, hash: OnceLock::new() }
    }

    /// What `EVALSHA` calls it. No security rests on SHA-1 here: it names what this code has written.
    fn hash(&self) -> &str {
        self.hash.get_or_init(|| hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, self.text.as_bytes())))
    }
}

fn call(verb: &str, script: &str, key: &Key, arguments: &[&[u8]]) -> Cmd {
    let mut command = redis::cmd(verb);
    command.arg(script).arg(1).arg(&key.bytes);
    for argument in arguments {
        command.arg(*argument);
    }
    command
}

impl ValkeyStore {
    /// Runs a script on a key. `Corrupt` if it says that the value is none of ours.
    pub(crate) async fn run(
        &self,
        operation: &'static str,
        script: &Script,
        key: &Key,
        arguments: &[&[u8]],
    ) -> Result<Vec<Value>, StoreError> {
        let by_hash = call("EVALSHA", script.hash(), key, arguments);
        let outcome = match self.nodes.call(&key.bytes, &by_hash).await {
            Ok(Outcome::NoScript) => {
                let by_text = call("EVAL", script.text, key, arguments);
                self.nodes.call(&key.bytes, &by_text).await
            }
            outcome => outcome,
        };
        match outcome.map_err(|failure| failure.at(operation))? {
            Outcome::Value(Value::Array(values)) if values.as_slice() == [Value::Int(CORRUPT)] => {
                Err(corrupt(operation, key, "value"))
            }
            Outcome::Value(Value::Array(values)) => Ok(values),
            Outcome::Value(_) | Outcome::NoScript => Err(not_understood(operation)),
        }
    }

    /// Carries out a plain command on a key.
    pub(crate) async fn command(&self, operation: &'static str, key: &Key, command: &Cmd) -> Result<Value, StoreError> {
        match self.nodes.call(&key.bytes, command).await.map_err(|failure| failure.at(operation))? {
            Outcome::Value(value) => Ok(value),
            Outcome::NoScript => Err(not_understood(operation)),
        }
    }
}

/// What every script gives for a value that no script has written.
const CORRUPT: i64 = -1;

/// The error that says an entry is impossible.
pub(crate) fn corrupt(operation: &'static str, key: &Key, part: &'static str) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, operation, CorruptEntry { key: key.to_string(), part })
}

/// The error for an answer that contradicts what was asked for.
pub(crate) fn not_understood(operation: &'static str) -> StoreError {
    CacheFailure::NotUnderstood.at(operation)
}
