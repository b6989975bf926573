//! The embedded engine.

use std::path::{Path, PathBuf};

use aws_types::SdkConfig;
use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::engine_config;

/// DynamoDB inside this process, behind a free port of this machine, so that the ordinary adapter talks to it.
#[derive(Debug)]
pub struct EmbeddedDynamo {
    endpoint: String,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), String>>,
}

impl EmbeddedDynamo {
    /// Starts it with its data in memory.
    ///
    /// # Errors
    /// [`EngineError`] if there is no port for it.
    pub async fn in_memory() -> Result<Self, EngineError> {
        Self::serve(Database::memory().map_err(|error| EngineError::Memory(error.to_string()))?).await
    }

    /// Starts it with its data in this file, which is made if need be. Only one process may have the file open.
    ///
    /// # Errors
    /// [`EngineError`] if the file is not a database, or there is no port.
    pub async fn in_file(path: &Path) -> Result<Self, EngineError> {
        let unusable = |reason: String| EngineError::File { path: path.to_owned(), reason };
        let text = path.to_str().ok_or_else(|| unusable("its path is not Unicode".to_owned()))?;
        Self::serve(Database::new(text).map_err(|error| unusable(error.to_string()))?).await
    }

    async fn serve(database: Database) -> Result<Self, EngineError> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, async {
            let _stopped_or_dropped = stopped.await;
        }));
        Ok(Self { endpoint, stop, server })
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
        match self.server.await {
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
    /// There is no port for it.
    #[error("the embedded database has no port")]
    Port(#[from] std::io::Error),
}
