//! `countersign admin import`.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use audit::{RecordEvents, Recorder, SqsQueue};
use crypto::{KdfPool, OsEntropy, UnwrapKey};
use domain::{Clock, SystemClock};
use futures_util::future::try_join_all;
use keyring::BranchKeys;
use serde_json::json;

use super::arguments::ImportArgs;
use super::place::Place;
use crate::commands::Failure;
use crate::commands::progress::Bar;
use crate::commands::say::say;
use crate::import::{
    FileContent, FileLine, Import, ImportError, ImportPorts, ImportStore, LineOutcome, LineRefused, Lines, Report,
};

/// Imports what the report does not have yet, and prints what came of all.
pub(super) async fn import(arguments: ImportArgs) -> Result<(), Failure> {
    match Place::of(arguments.place.clone()).await? {
        Place::Aws(stack) => {
            let queue = stack.audit_queue_url.ok_or("--audit-queue-url says where the import is recorded")?;
            let queue = SqsQueue::new(&stack.aws, queue.as_str());
            let audit = Recorder::new(queue, stack.store.clone(), Arc::new(SystemClock));
            carry_out(&arguments, &importing(&arguments, (stack.store, stack.key), audit)).await
        }
        Place::Here(laptop) => {
            let audit = laptop.audit_path().await?;
            let ports = (laptop.store.clone(), laptop.key.clone());
            let import = importing(&arguments, ports, audit.recorder());
            let imported = carry_out(&arguments, &import).await;
            drop(import);
            audit.finish(PATIENCE).await;
            laptop.close().await;
            imported
        }
    }
}

fn importing<S: ImportStore + Clone, U: UnwrapKey, A: RecordEvents>(
    arguments: &ImportArgs,
    (store, key): (S, U),
    audit: A,
) -> Import<S, U, A> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Import::new(ImportPorts {
        keys: BranchKeys::new(store.clone(), key, Arc::clone(&clock)),
        store,
        audit,
        kdf: KdfPool::default(),
        parameters: arguments.kdf,
        clock,
        entropy: Arc::new(OsEntropy),
    })
}

async fn carry_out<S: ImportStore, U: UnwrapKey, A: RecordEvents>(
    arguments: &ImportArgs,
    import: &Import<S, U, A>,
) -> Result<(), Failure> {
    let (file, content) = open(&arguments.file)?;
    // Before a report is made of nothing.
    import.check(arguments.tenant_id).await?;
    let mut report = Report::open(&arguments.report, arguments.tenant_id, &content)?;
    let mut lines = Lines::after(file, (report.progress().lines, report.progress().bytes))?;
    let bar = Bar::new();
    loop {
        let chunk = read(&mut lines)?;
        let Some(end) = chunk.last().map(|line| line.end) else { break };
        let outcomes = chunk.iter().map(|line| outcome(arguments, import, line));
        report.record(&try_join_all(outcomes).await?, end)?;
        let progress = report.progress();
        bar.show(
            (progress.bytes, content.bytes()),
            format!("{} imported, {} refused", progress.imported, progress.refused),
        );
    }
    drop(bar);
    Ok(say(&serde_json::to_string_pretty(&json!({ "did": "imported", "so_far": report.progress() }))?)?)
}

fn open(path: &Path) -> Result<(File, FileContent), Failure> {
    let unreadable = |source| FileError::Unreadable { path: path.display().to_string(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.len() > MAX_FILE_BYTES {
        return Err(FileError::TooLarge { path: path.display().to_string() }.into());
    }
    let content = FileContent::of(&mut file).map_err(unreadable)?;
    Ok((file, content))
}

/// The next lines that are imported side by side.
fn read(lines: &mut Lines<File>) -> Result<Vec<FileLine>, Failure> {
    let mut chunk = Vec::with_capacity(CHUNK);
    while chunk.len() < CHUNK
        && let Some(line) = lines.read()?
    {
        chunk.push(line);
    }
    Ok(chunk)
}

async fn outcome<S: ImportStore, U: UnwrapKey, A: RecordEvents>(
    arguments: &ImportArgs,
    import: &Import<S, U, A>,
    line: &FileLine,
) -> Result<(u64, LineOutcome), ImportError> {
    let outcome = match &line.unverified {
        Some(text) => import.import(arguments.tenant_id, text).await?,
        None => LineOutcome::Refused(LineRefused::TooLong),
    };
    Ok((line.number, outcome))
}

/// Why the file can't be imported.
#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("the file {path} can't be read")]
    Unreadable { path: String, source: std::io::Error },
    #[error("the file {path} has more than 1 GiB: split it, each part with a report of its own")]
    TooLarge { path: String },
}

/// More than a million users.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// Enough to keep the processors at work; what is done again after an interruption is never more.
const CHUNK: usize = 16;

/// For the events to get into the log. If a host has the log meanwhile, it does the rest.
const PATIENCE: Duration = Duration::from_secs(5);
