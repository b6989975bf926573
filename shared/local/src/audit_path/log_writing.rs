//! Bringing events from the queue into the log, and comparing them with the verifications.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use audit_log::{FolderCheckpoints, FolderObjects, LogKey};
use audit_writer::WriteAudit;
use keyring::BranchKeys;
use publish_checkpoints::PublishHeads;
use reconcile::Reconcile;
use store_dynamodb::{AllTables, DynamoStore};
use telemetry::Chain;

use super::functions::TimedWriter;
use super::{CHECKPOINTS, HostAudit, LOG, LOGGED_AT_ONCE, Ports, RECONCILE_DELAY, RECONCILED_AT_ONCE, SHARDS};
use crate::chore::Chore;
use crate::data_dir::{DataDir, DataDirError};
use crate::queue::{DeadLetters, Delivery, Journal, Leftovers};

/// Where in the data directory the path keeps what.
#[derive(Debug)]
pub(super) struct Folders {
    /// Events that are not in the log yet.
    pub(super) queue: PathBuf,
    /// Opened verifications that are to be compared.
    pub(super) later: PathBuf,
    /// The log.
    pub(super) log: PathBuf,
    /// The heads it had.
    pub(super) checkpoints: PathBuf,
}

impl Folders {
    /// Makes them, if need be.
    pub(super) fn of(data_dir: &DataDir) -> Result<Self, DataDirError> {
        Ok(Self {
            queue: data_dir.private_folder("audit-queue")?,
            later: data_dir.private_folder("reconcile-queue")?,
            log: data_dir.private_folder(LOG)?,
            checkpoints: data_dir.private_folder(CHECKPOINTS)?,
        })
    }
}

/// The writer, which takes what is in the queue.
pub(super) fn start_logging(folders: &Folders, key: LogKey, ports: &Ports) -> Delivery {
    let clock = || Arc::clone(&ports.clock);
    let write_audit = WriteAudit::new(audit_writer::Ports {
        store: ports.tables.clone(),
        objects: FolderObjects::new(folders.log.clone()),
        key,
        reconcile: Journal::left_for_later(&folders.later, clock()),
        shards: SHARDS,
        clock: clock(),
        entropy: Arc::clone(&ports.entropy),
    });
    let writer = TimedWriter { write_audit, clock: clock() };
    Delivery::start(writer, LOGGED_AT_ONCE, DeadLetters::of(&folders.queue))
}

/// The writer, and what comes after it, in motion.
#[derive(Debug)]
pub(super) struct LogWriting {
    heads: PublishHeads<DynamoStore<AllTables>, FolderCheckpoints>,
    logging: Delivery,
    reconciling: Delivery,
    chores: Vec<Chore>,
}

impl LogWriting {
    /// Adds to a writer what feeds it with other hosts' events, compares, and publishes. Needs a tokio runtime.
    pub(super) fn start(folders: Folders, logging: Delivery, recorder: HostAudit, ports: Ports) -> Self {
        let common = Arc::clone(&ports.clock);
        let clock = || Arc::clone(&common);
        let heads = PublishHeads::new(ports.tables.clone(), FolderCheckpoints::new(folders.checkpoints), SHARDS);
        let reconcile = Reconcile::new(reconcile::Ports {
            store: ports.store.clone(),
            index: ports.tables,
            keys: BranchKeys::new(ports.store, ports.key, clock()),
            audit: recorder,
            clock: clock(),
        });
        let reconciling = Delivery::start(reconcile, RECONCILED_AT_ONCE, DeadLetters::of(&folders.later));
        let chores = vec![
            Leftovers { folder: folders.queue, delay: Duration::ZERO, clock: clock() }.adopt_for(&logging),
            Leftovers { folder: folders.later, delay: RECONCILE_DELAY, clock: clock() }.adopt_for(&reconciling),
            publishing(&heads),
        ];
        Self { heads, logging, reconciling, chores }
    }

    /// Ends everything but the writing, which records' last events still need.
    pub(super) async fn finish_reconciling(self, patience: Duration) -> LastEvents {
        for chore in self.chores {
            chore.stop().await;
        }
        self.reconciling.finish(patience).await;
        LastEvents { heads: self.heads, logging: self.logging }
    }
}

/// The writer, which ends once nobody sends any more.
#[derive(Debug)]
pub(super) struct LastEvents {
    heads: PublishHeads<DynamoStore<AllTables>, FolderCheckpoints>,
    logging: Delivery,
}

impl LastEvents {
    /// Writes what is still sent, and publishes the heads.
    pub(super) async fn finish(self, patience: Duration) {
        self.logging.finish(patience).await;
        publish(&self.heads).await;
    }
}

fn publishing(heads: &PublishHeads<DynamoStore<AllTables>, FolderCheckpoints>) -> Chore {
    let heads = heads.clone();
    Chore::start(PUBLISH_EVERY, move || {
        let heads = heads.clone();
        async move { publish(&heads).await }
    })
}

async fn publish(heads: &PublishHeads<DynamoStore<AllTables>, FolderCheckpoints>) {
    if let Err(error) = heads.publish().await {
        tracing::warn!(error.chain = %Chain::of(&error), "the log's heads were not published and will be later");
    }
}

/// As the template's schedule: each minute.
const PUBLISH_EVERY: Duration = Duration::from_secs(60);
