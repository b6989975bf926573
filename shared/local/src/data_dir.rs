//! The folder in which a laptop's state outlives the process.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crypto::{ApiKey, OsEntropy};
use domain::ApiKeyMode;
use tempfile::TempDir;
use zeroize::Zeroizing;

/// A folder that only its owner can look into.
///
/// | file | |
/// |---|---|
/// | `development.key` | wraps all other keys |
/// | `api-key` | the development API key |
/// | `dynamodb.sqlite` | the embedded engine's tables |
/// | `lock` | held by the one process that uses the embedded engine |
/// | `audit-…` | the audit log and what leads to it: see `audit_path` |
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    lock: File,
    /// Removed when this is dropped.
    temporary: Option<TempDir>,
}

impl DataDir {
    /// Opens the folder, or makes it.
    ///
    /// # Errors
    /// [`DataDirError`] if it can't be made or written to.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        let fail = |source| DataDirError::Unusable { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(fail)?;
        let path = path.canonicalize().map_err(fail)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path.join("lock"));
        Ok(Self { lock: lock.map_err(fail)?, path, temporary: None })
    }

    /// A folder that is removed again.
    ///
    /// # Errors
    /// [`DataDirError`] if it can't be made.
    pub fn temporary() -> Result<Self, DataDirError> {
        let fail = |source| DataDirError::Unusable { path: PathBuf::from("a temporary directory"), source };
        let folder = tempfile::Builder::new().prefix("countersign-").tempdir().map_err(fail)?;
        let opened = Self::open(folder.path())?;
        Ok(Self { temporary: Some(folder), ..opened })
    }

    /// Whether its content outlives the process.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        self.temporary.is_none()
    }

    /// Takes the folder for this process alone, until it ends.
    ///
    /// # Errors
    /// [`DataDirError::InUse`] if another process has it.
    pub fn take(&self) -> Result<(), DataDirError> {
        match self.lock.try_lock() {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => Err(DataDirError::InUse { path: self.path.clone() }),
            Err(TryLockError::Error(source)) => Err(self.unusable(source)),
        }
    }

    /// Waits for its turn to set things up beside other processes; [`DataDir::leave`] ends it.
    ///
    /// # Errors
    /// [`DataDirError`] if the folder can't be locked.
    pub async fn enter(&self) -> Result<(), DataDirError> {
        let lock = self.lock.try_clone().map_err(|source| self.unusable(source))?;
        let entered = tokio::task::spawn_blocking(move || lock.lock()).await.map_err(io::Error::other).flatten();
        entered.map_err(|source| self.unusable(source))
    }

    /// Lets the next process in.
    ///
    /// # Errors
    /// [`DataDirError`] if the folder can't be unlocked.
    pub fn leave(&self) -> Result<(), DataDirError> {
        self.lock.unlock().map_err(|source| self.unusable(source))
    }

    /// Makes a file that only its owner can read, unless it is there.
    ///
    /// # Errors
    /// [`DataDirError`] if it can't be made.
    pub fn private_file(&self, name: &str) -> Result<PathBuf, DataDirError> {
        let path = self.file(name);
        match OpenOptions::new().create(true).append(true).mode(0o600).open(&path) {
            Ok(_made) => Ok(path),
            Err(source) => Err(DataDirError::Unusable { path, source }),
        }
    }

    /// Makes a folder that only its owner can look into, unless it is there.
    ///
    /// # Errors
    /// [`DataDirError`] if it can't be made.
    pub fn private_folder(&self, name: &str) -> Result<PathBuf, DataDirError> {
        let path = self.file(name);
        match DirBuilder::new().recursive(true).mode(0o700).create(&path) {
            Ok(()) => Ok(path),
            Err(source) => Err(DataDirError::Unusable { path, source }),
        }
    }

    /// Where a file of this name is.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The development API key: made once, the same ever after. Call it while the folder is taken or entered.
    ///
    /// # Errors
    /// [`DataDirError`] if it can't be read or made, or the file holds something else.
    pub fn api_key(&self) -> Result<ApiKey, DataDirError> {
        let path = self.file("api-key");
        match fs::read_to_string(&path) {
            Ok(text) => {
                let text = Zeroizing::new(text);
                ApiKey::parse(text.trim_end()).map_err(|_| DataDirError::NotAKey { path })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.new_api_key(&path),
            Err(source) => Err(DataDirError::Unusable { path, source }),
        }
    }

    /// Written beside its place and renamed, so that half a key is never read.
    fn new_api_key(&self, path: &Path) -> Result<ApiKey, DataDirError> {
        let key =
            ApiKey::generate(ApiKeyMode::Test, &OsEntropy).map_err(|error| self.unusable(io::Error::other(error)))?;
        let draft = self.file("api-key.draft");
        let write = || {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
            file.write_all(key.expose().as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            fs::rename(&draft, path)
        };
        write().map_err(|source| DataDirError::Unusable { path: path.to_owned(), source })?;
        Ok(key)
    }

    fn unusable(&self, source: io::Error) -> DataDirError {
        DataDirError::Unusable { path: self.path.clone(), source }
    }
}

/// Why the folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// It or a file in it can't be made, read or written.
    #[error("{} can't be used", path.display())]
    Unusable {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process has it.
    #[error("{} is in use by another process", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The file does not hold an API key.
    #[error("{} does not hold an API key; remove it to get a new one", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
}
