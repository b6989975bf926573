//! `countersign audit prove` and `countersign audit check`.

use std::fs;
use std::path::PathBuf;

use audit_log::{EventProof, ProveError, prove_event};

use super::arguments::{CheckArgs, ProveArgs, Unusable, read_keys};
use crate::commands::Failure;
use crate::commands::say::say;

/// Writes the proof of an event.
pub(super) fn prove(arguments: &ProveArgs) -> Result<(), Failure> {
    let (log, keys) = (arguments.log.log()?, arguments.log.keys()?);
    let proof = match prove_event(&log, &keys, arguments.event, &[]) {
        Err(ProveError::Unknown) => {
            let folder = arguments.log.folder();
            return Err(format!("the log in {} has no event {}", folder.display(), arguments.event).into());
        }
        proof => proof?,
    };
    match &arguments.out {
        None => Ok(say(&String::from_utf8(proof.to_bytes())?)?),
        Some(path) => {
            let unusable = |source: std::io::Error| Unusable { path: path.clone(), source: source.into() };
            fs::write(path, proof.to_bytes()).map_err(unusable)?;
            Ok(say(&format!("{} proves event {}", path.display(), arguments.event))?)
        }
    }
}

/// Says what a file proves; fails if it proves nothing.
pub(super) fn check(arguments: &CheckArgs) -> Result<(), Failure> {
    let keys = read_keys(&arguments.key)?;
    let path = &arguments.proof;
    let file = fs::read(path).map_err(|error| Unusable { path: path.clone(), source: error.into() })?;
    let nothing = |source| ProvesNothing { path: path.clone(), source };
    let proof = EventProof::parse(file.trim_ascii_end()).map_err(nothing)?;
    let event = proof.check(&keys).map_err(nothing)?;
    let header = proof.header.header();
    let (shard, batch, index, at) = (header.shard, header.batch, proof.index, header.at);
    say(&event.canonical_json())?;
    Ok(say(&format!("proved: event {index} of batch {batch} in shard {shard}, logged at {at:.3}, key {}", header.key))?)
}

/// A file that proves nothing.
#[derive(Debug, thiserror::Error)]
#[error("{} proves nothing", path.display())]
struct ProvesNothing {
    path: PathBuf,
    source: audit_log::InvalidProof,
}
