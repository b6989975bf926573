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
mod log_writing;

use std::sync::Arc;
use std::time::Duration;

use audit::Recorder;
use crypto::{DevelopmentKey, OutsideLambda};
use domain::{Clock, Entropy};
use drain_outbox::DrainAudit;
use store_dynamodb::{AllTables, DynamoStore};
use telemetry::Chain;

use crate::chore::Chore;
use crate::data_dir::{DataDir, DataDirError};
use crate::host::HostStore;
use crate::queue::Journal;
pub use keys::LogKeyError;
pub(crate) use keys::PUBLIC_KEY;
use keys::load_log_key;
use log_writing::{Folders, LogWriting};

/// What records the functions' events: the queue, with the outbox behind it.
pub type HostAudit = Recorder<Journal, DynamoStore<AllTables>>;

/// What the path works with.
#[derive(Debug, Clone)]
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

/// Who brings events from the queue into the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogWriter {
    /// This host, beside its requests.
    ThisHost,
    /// Another host on the same data directory, at the same time or later: as in AWS, where it is another function.
    AnotherHost,
}

/// The path, in motion.
#[derive(Debug)]
pub(crate) struct AuditPath {
    recorder: HostAudit,
    drain: DrainAudit<DynamoStore<AllTables>, Journal>,
    draining: Chore,
    log: Option<LogWriting>,
    clock: Arc<dyn Clock>,
}

impl AuditPath {
    /// Sets it in motion. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`AuditPathError`] if the data directory can't be used.
    pub(crate) fn start(
        data_dir: &DataDir,
        outside: OutsideLambda,
        writer: LogWriter,
        ports: Ports,
    ) -> Result<Self, AuditPathError> {
        let log_key = load_log_key(data_dir, outside)?;
        let folders = Folders::of(data_dir)?;
        let (clock, tables) = (Arc::clone(&ports.clock), ports.tables.clone());
        let record = |journal: &Journal| Recorder::new(journal.clone(), tables.clone(), Arc::clone(&clock));
        let (journal, recorder, log) = match writer {
            LogWriter::AnotherHost => {
                let journal = Journal::left_for_later(&folders.queue, Arc::clone(&clock));
                let recorder = record(&journal);
                (journal, recorder, None)
            }
            LogWriter::ThisHost => {
                let logging = log_writing::start_logging(&folders, log_key, &ports);
                let journal = Journal::delivered_by(&logging, &folders.queue, Arc::clone(&clock));
                let recorder = record(&journal);
                let log = LogWriting::start(folders, logging, recorder.clone(), ports);
                (journal, recorder, Some(log))
            }
        };
        let drain = DrainAudit::new(tables, journal, Arc::clone(&clock));
        let draining = draining(&drain, Arc::clone(&clock));
        Ok(Self { recorder, drain, draining, log, clock })
    }

    /// What records the functions' events.
    pub(crate) fn recorder(&self) -> HostAudit {
        self.recorder.clone()
    }

    /// Brings what is on its way into the log and publishes its heads, once every other clone of the recorder is gone; what takes longer
    /// than the patience, and everything if another host writes the log, is left for the next host.
    pub(crate) async fn finish(self, patience: Duration) {
        self.draining.stop().await;
        let Some(log) = self.log else { return drain(&self.drain, &*self.clock).await };
        let logging = log.finish_reconciling(patience).await;
        drain(&self.drain, &*self.clock).await;
        drop((self.recorder, self.drain));
        logging.finish(patience).await;
    }
}

fn draining(drained: &DrainAudit<DynamoStore<AllTables>, Journal>, clock: Arc<dyn Clock>) -> Chore {
    let drained = drained.clone();
    Chore::start(DRAIN_EVERY, move || {
        let (drained, clock) = (drained.clone(), Arc::clone(&clock));
        async move { drain(&drained, &*clock).await }
    })
}

async fn drain(drained: &DrainAudit<DynamoStore<AllTables>, Journal>, clock: &dyn Clock) {
    if let Err(error) = drained.drain(clock.now() + FUNCTION_TIMEOUT).await {
        tracing::warn!(error.chain = %Chain::of(&error), "the outbox was not drained and will be later");
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

/// Most events in the outbox were announced, too, so this is not what makes them wait.
const DRAIN_EVERY: Duration = Duration::from_secs(5);

/// `Timeout` of the template's functions on this path.
pub(crate) const FUNCTION_TIMEOUT: Duration = Duration::from_secs(60);
