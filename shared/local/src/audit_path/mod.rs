//! An event's way through this process, from the functions that record it into the log: what SQS, S3, SNS and the schedules are to
//! the deployed functions.
//!
//! | in the data directory | |
//! |---|---|
//! | `audit-queue/` | events that are not in the log yet |
//! | `reconcile-queue/` | opened verifications, until ten minutes after they were logged |
//! | `audit-log/` | the log |
//! | `audit-checkpoints/` | the log's heads, as they were each minute; with `audit verify`, they tell if the log was cut off |
//! | `audit-log.key`, `audit-log.jwk` | what signs the log, and the public half, which checks it |
//!
//! Several hosts may share all of it: segments of the queues are locked, and shards of the log are leased.

mod functions;
mod keys;

use std::sync::Arc;
use std::time::Duration;

use audit::Recorder;
use audit_log::{FolderCheckpoints, FolderObjects};
use audit_writer::WriteAudit;
use crypto::{DevelopmentKey, OutsideLambda};
use domain::{Clock, Entropy};
use drain_outbox::DrainAudit;
use keyring::BranchKeys;
use publish_checkpoints::PublishHeads;
use reconcile::Reconcile;
use store_dynamodb::{AllTables, DynamoStore};
use telemetry::Chain;

use crate::chore::Chore;
use crate::data_dir::{DataDir, DataDirError};
use crate::host::HostStore;
use crate::queue::{DeadLetters, Delivery, Journal, Leftovers};
use functions::TimedWriter;
pub use keys::LogKeyError;
pub(crate) use keys::PUBLIC_KEY;
use keys::load_log_key;

/// What records the functions' events: the queue, with the outbox behind it.
pub type HostAudit = Recorder<Journal, DynamoStore<AllTables>>;

/// What the path works with.
#[derive(Debug)]
pub(crate) struct Ports {
    /// All state.
    pub(crate) store: HostStore,
    /// What of it is durable.
    pub(crate) tables: DynamoStore<AllTables>,
    /// Wraps the keys in the store.
    pub(crate) key: DevelopmentKey,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Randomness.
    pub(crate) entropy: Arc<dyn Entropy>,
}

/// The path, in motion.
#[derive(Debug)]
pub(crate) struct AuditPath {
    recorder: HostAudit,
    drain: DrainAudit<DynamoStore<AllTables>, Journal>,
    heads: PublishHeads<DynamoStore<AllTables>, FolderCheckpoints>,
    logging: Delivery,
    reconciling: Delivery,
    chores: Vec<Chore>,
    clock: Arc<dyn Clock>,
}

impl AuditPath {
    /// Sets it in motion. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`AuditPathError`] if the data directory can't be used.
    pub(crate) fn start(data_dir: &DataDir, outside: OutsideLambda, ports: Ports) -> Result<Self, AuditPathError> {
        let log_key = load_log_key(data_dir, outside)?;
        let (queue, later) = (data_dir.private_folder("audit-queue")?, data_dir.private_folder("reconcile-queue")?);
        let clock = || Arc::clone(&ports.clock);
        let write_audit = WriteAudit::new(audit_writer::Ports {
            store: ports.tables.clone(),
            objects: FolderObjects::new(data_dir.private_folder(LOG)?),
            key: log_key,
            reconcile: Journal::left_for_later(&later, clock()),
            shards: SHARDS,
            clock: clock(),
            entropy: Arc::clone(&ports.entropy),
        });
        let writer = TimedWriter { write_audit, clock: clock() };
        let logging = Delivery::start(writer, LOGGED_AT_ONCE, DeadLetters::of(&queue));
        let journal = Journal::delivered_by(&logging, &queue, clock());
        let recorder = Recorder::new(journal.clone(), ports.tables.clone(), clock());
        let reconcile = Reconcile::new(reconcile::Ports {
            store: ports.store.clone(),
            index: ports.tables.clone(),
            keys: BranchKeys::new(ports.store, ports.key, clock()),
            audit: recorder.clone(),
            clock: clock(),
        });
        let reconciling = Delivery::start(reconcile, RECONCILED_AT_ONCE, DeadLetters::of(&later));
        let drain = DrainAudit::new(ports.tables.clone(), journal, clock());
        let checkpoints = FolderCheckpoints::new(data_dir.private_folder(CHECKPOINTS)?);
        let heads = PublishHeads::new(ports.tables.clone(), checkpoints, SHARDS);
        let chores = vec![
            Leftovers { folder: queue, delay: Duration::ZERO, clock: clock() }.adopt_for(&logging),
            Leftovers { folder: later, delay: RECONCILE_DELAY, clock: clock() }.adopt_for(&reconciling),
            draining(&drain, clock()),
            publishing(&heads),
        ];
        let clock = clock();
        Ok(Self { recorder, drain, heads, logging, reconciling, chores, clock })
    }

    /// What records the functions' events.
    pub(crate) fn recorder(&self) -> HostAudit {
        self.recorder.clone()
    }

    /// Brings what is on its way into the log and publishes its heads, once every other clone of the recorder is gone; what takes longer
    /// than the patience is left for the next host.
    pub(crate) async fn finish(self, patience: Duration) {
        for chore in self.chores {
            chore.stop().await;
        }
        self.reconciling.finish(patience).await;
        drain(&self.drain, &*self.clock).await;
        drop((self.recorder, self.drain));
        self.logging.finish(patience).await;
        publish(&self.heads).await;
    }
}

fn draining(drained: &DrainAudit<DynamoStore<AllTables>, Journal>, clock: Arc<dyn Clock>) -> Chore {
    let drained = drained.clone();
    Chore::start(DRAIN_EVERY, move || {
        let (drained, clock) = (drained.clone(), Arc::clone(&clock));
        async move { drain(&drained, &*clock).await }
    })
}

fn publishing(heads: &PublishHeads<DynamoStore<AllTables>, FolderCheckpoints>) -> Chore {
    let heads = heads.clone();
    Chore::start(PUBLISH_EVERY, move || {
        let heads = heads.clone();
        async move { publish(&heads).await }
    })
}

async fn drain(drained: &DrainAudit<DynamoStore<AllTables>, Journal>, clock: &dyn Clock) {
    if let Err(error) = drained.drain(clock.now() + FUNCTION_TIMEOUT).await {
        tracing::warn!(error.chain = %Chain::of(&error), "the outbox was not drained and will be later");
    }
}

async fn publish(heads: &PublishHeads<DynamoStore<AllTables>, FolderCheckpoints>) {
    if let Err(error) = heads.publish().await {
        tracing::warn!(error.chain = %Chain::of(&error), "the log's heads were not published and will be later");
    }
}

/// Why the path is not set in motion.
#[derive(Debug, thiserror::Error)]
pub enum AuditPathError {
    /// A folder can't be made.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// There is no key to sign the log with.
    #[error(transparent)]
    Key(#[from] LogKeyError),
}

/// The log's folder in the data directory.
pub(crate) const LOG: &str = "audit-log";

/// The checkpoints' folder in the data directory.
pub(crate) const CHECKPOINTS: &str = "audit-checkpoints";

/// `AuditShards` of the template: the log of a stack must not change it, and neither must this one.
pub(crate) const SHARDS: u16 = 4;

/// `BatchSize` of the template's mapping to audit-writer.
pub(crate) const LOGGED_AT_ONCE: usize = 10_000;

/// `BatchSize` of the template's mapping to reconcile.
pub(crate) const RECONCILED_AT_ONCE: usize = 10;

/// `DelaySeconds` of the template's reconcile queue: by then a verification is over.
pub(crate) const RECONCILE_DELAY: Duration = Duration::from_secs(600);

/// As the template's schedule: each minute.
const PUBLISH_EVERY: Duration = Duration::from_secs(60);

/// Most events in the outbox were announced, too, so this is not what makes them wait.
const DRAIN_EVERY: Duration = Duration::from_secs(5);

/// `Timeout` of the template's functions on this path.
pub(crate) const FUNCTION_TIMEOUT: Duration = Duration::from_secs(60);
