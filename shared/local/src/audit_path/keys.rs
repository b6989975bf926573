//! The key that signs the log, in the data directory.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use audit_log::{LogKey, LogKeyRefused};
use crypto::OutsideLambda;

use crate::data_dir::DataDir;

/// The key, which is made if there is none; its public half is written beside it.
pub(crate) fn load_log_key(data_dir: &DataDir, outside: OutsideLambda) -> Result<LogKey, LogKeyError> {
    let path = data_dir.file("audit-log.key");
    let key = LogKey::load_or_create(&path, outside).map_err(|source| LogKeyError::Private { path, source })?;
    let public = data_dir.file(PUBLIC_KEY);
    publish(&key, data_dir).map_err(|source| LogKeyError::Public { path: public, source })?;
    Ok(key)
}

/// Written beside its place and renamed, so that half a key is never read.
fn publish(key: &LogKey, data_dir: &DataDir) -> io::Result<()> {
    let jwk = serde_json::to_string(&key.verifying_key().to_jwk())?;
    if fs::read_to_string(data_dir.file(PUBLIC_KEY)).is_ok_and(|known| known.trim_end() == jwk) {
        return Ok(());
    }
    let mut draft = tempfile::NamedTempFile::new_in(data_dir.file(""))?;
    writeln!(draft, "{jwk}")?;
    draft.persist(data_dir.file(PUBLIC_KEY))?;
    Ok(())
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum LogKeyError {
    /// The key itself.
    #[error("no key for the audit log in {}", path.display())]
    Private {
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        source: LogKeyRefused,
    },
    /// Its public half.
    #[error("{} can't be written", path.display())]
    Public {
        /// Its file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// The public half's file in the data directory.
pub(crate) const PUBLIC_KEY: &str = "audit-log.jwk";
