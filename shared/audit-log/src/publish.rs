//! The port to the second place, where checkpoints are kept.

use std::error::Error;
use std::future::Future;
use std::path::PathBuf;

use crate::{FolderObjects, KeepObjects, SignedHeader};

/// Publishes checkpoints where who can change the log can't change them.
pub trait PublishCheckpoint: Send + Sync {
    /// Publishes one. Doing so again is harmless.
    ///
    /// # Errors
    /// [`NotPublished`] if whether it was published is unknown, or if another header of the same batch was.
    fn publish_checkpoint(&self, header: &SignedHeader) -> impl Future<Output = Result<(), NotPublished>> + Send;
}

/// Nobody knows of the checkpoint, as far as we do.
#[derive(Debug, thiserror::Error)]
#[error("the checkpoint was not published")]
pub struct NotPublished {
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl NotPublished {
    /// An error with what the publisher saw.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into() }
    }
}

/// Checkpoints in a folder, under the names of the headers in the log: [`read_checkpoints`](crate::read_checkpoints) reads them
/// back.
#[derive(Debug, Clone)]
pub struct FolderCheckpoints(FolderObjects);

impl FolderCheckpoints {
    /// Checkpoints in this folder, which is made when one is published.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(FolderObjects::new(folder))
    }
}

impl PublishCheckpoint for FolderCheckpoints {
    async fn publish_checkpoint(&self, header: &SignedHeader) -> Result<(), NotPublished> {
        let name = header.header().header_name();
        self.0.put_object(&name, &header.to_bytes()).await.map_err(NotPublished::new)
    }
}
