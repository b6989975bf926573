//! The embedded engine.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use aws_types::SdkConfig;
use dynoxide::Database;
use tokio::sync::oneshot;

use super::engine_config;

/// DynamoDB inside this process, behind a free port of this machine, so that the ordinary adapter talks to it. It has a
/// thread of its own: its writes to the disk hold up nobody else.
#[derive(Debug)]
pub struct EmbeddedDynamo {
    endpoint: String,
    stop: oneshot::Sender<()>,
    ended: oneshot::Receiver<Result<(), String>>,
}

impl EmbeddedDynamo {
    /// Starts it with its data in memory.
    ///
    /// # Errors
    /// [`EngineError`] if there is no port for it.
    pub fn in_memory() -> Result<Self, EngineError> {
        Self::serve(Database::memory().map_err(|error| EngineError::Memory(error.to_string()))?)
    }

    /// Starts it with its data in this file, which is made if need be. Only one process may have the file open.
    ///
    /// # Errors
    /// [`EngineError`] if the file is not a database, or there is no port.
    pub fn in_file(path: &Path) -> Result<Self, EngineError> {
        let unusable = |reason: String| EngineError::File { path: path.to_owned(), reason };
        let text = path.to_str().ok_or_else(|| unusable("its path is not Unicode".to_owned()))?;
        Self::serve(Database::new(text).map_err(|error| unusable(error.to_string()))?)
    }

    fn serve(database: Database) -> Result<Self, EngineError> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let server = async move {
            let listener = tokio::net::TcpListener::from_std(listener).map_err(|error| error.to_string())?;
            let stopped_or_dropped = async {
                let _either = stopped.await;
            };
            dynoxide::server::serve_with_shutdown(listener, database, stopped_or_dropped).await
        };
        let thread = std::thread::Builder::new().name("dynamodb".to_owned());
        thread.spawn(move || {
            let _nobody_waits = end.send(runtime.block_on(server));
        })?;
        Ok(Self { endpoint, stop, ended })
    }

    /// Where it answers, for example `http://127.0.0.1:49152`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The SDK's settings to reach it with.
    #[must_use]
    pub fn config(&self) -> SdkConfig {
        engine_config(&self.endpoint)
    }

    /// Stops it after the calls that it is answering.
    pub async fn stop(self) {
        let _already_stopped = self.stop.send(());
        match self.ended.await {
            Ok(Ok(())) => {}
            Ok(Err(message)) => tracing::warn!(error = message, "the embedded engine ended badly"),
            Err(error) => tracing::warn!(error = %error, "the embedded engine ended badly"),
        }
    }
}

/// Why the engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// There is no database in memory.
    #[error("there is no database in memory: {0}")]
    Memory(String),
    /// The file can't be opened as a database.
    #[error("{} can't be opened as a database: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the engine says.
        reason: String,
    },
    /// There is no port or no thread for it.
    #[error("the embedded database has no port or no thread")]
    Port(#[from] std::io::Error),
}
