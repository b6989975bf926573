//! The use case.

use std::collections::BTreeMap;
use std::future::pending;
use std::time::Duration;

use audit_log::{PublishCheckpoint, SignedHeader};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use store::{FindLogHeads, LogHead, StoreError};
use tokio::time::timeout;

use crate::PublishError;

/// Publishes the heads of the log.
#[derive(Debug, Clone)]
pub struct PublishHeads<S, C> {
    store: S,
    checkpoints: C,
    shards: u16,
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Published {
    /// Heads that were published.
    pub checkpoints: usize,
    /// Shards whose head was not settled while the run looked.
    pub unsettled: usize,
}

impl<S: FindLogHeads, C: PublishCheckpoint> PublishHeads<S, C> {
    /// Publishes the heads of a log of so many shards there.
    pub const fn new(store: S, checkpoints: C, shards: u16) -> Self {
        Self { store, checkpoints, shards }
    }

    /// Publishes every head. A shard without a batch has none.
    ///
    /// # Errors
    /// [`PublishError`] of the first head that was not published, after all others were.
    pub async fn publish(&self) -> Result<Published, PublishError> {
        let (heads, unsettled) = self.settled_heads().await?;
        if unsettled > 0 {
            tracing::warn!(
                log.shards = unsettled,
                "shards of the log were not settled and have no checkpoint this time"
            );
        }
        let publishing: Vec<_> = heads.iter().map(|(shard, head)| self.publish_head(*shard, head)).collect();
        let results: Vec<_> = stream::iter(publishing).buffered(AT_ONCE).collect().await;
        let checkpoints = results.len();
        results.into_iter().collect::<Result<(), _>>()?;
        Ok(Published { checkpoints, unsettled })
    }

    /// The heads that are settled, and how many are not. A header that nobody finds in the log would make a checkpoint that calls
    /// the log cut off; a writer stores it within a second after it appended, so looking again finds it.
    async fn settled_heads(&self) -> Result<(BTreeMap<u16, LogHead>, usize), StoreError> {
        let (mut settled, mut looks) = (BTreeMap::new(), 0);
        loop {
            let heads = self.store.find_log_heads(self.shards).await?;
            let count = heads.len();
            settled.extend(heads.into_iter().filter(|(_, head)| head.is_settled));
            looks += 1;
            let unsettled = count.saturating_sub(settled.len());
            if unsettled == 0 || looks == LOOKS {
                return Ok((settled, unsettled));
            }
            let _elapsed = timeout(PAUSE, pending::<()>()).await;
        }
    }

    async fn publish_head(&self, shard: u16, head: &LogHead) -> Result<(), PublishError> {
        let corrupt = |source| PublishError::CorruptHead { shard, source };
        let header = SignedHeader::parse(&head.header).map_err(corrupt)?;
        let publishing = self.checkpoints.publish_checkpoint(&header).await;
        publishing.map_err(|source| PublishError::NotPublished { shard, source })
    }
}

/// How often the heads are read, and how long after the time before: four seconds in all.
const LOOKS: u32 = 21;
const PAUSE: Duration = Duration::from_millis(200);

/// Heads that are published at the same time.
const AT_ONCE: usize = 8;
