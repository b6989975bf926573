//! `countersign audit tail`.

use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::time::Duration;

use audit::Event;
use audit_log::{
    Fault, FolderObjects, InvalidHeader, Listed, ObjectKind, ObjectName, ReadLog, SignedHeader, open_batch,
};
use tokio::time::timeout;

use super::arguments::{NoLog, TailArgs};
use super::line::line;
use crate::commands::Failure;
use crate::commands::say::say;

/// Prints the latest events and, if asked to, whatever comes.
pub(super) async fn tail(arguments: &TailArgs) -> Result<(), Failure> {
    let folder = arguments.folder();
    let mut tail = Tail { log: FolderObjects::new(&folder), shards: 0, last: BTreeMap::new() };
    match tail.latest(arguments.lines) {
        Ok(events) => print(&events)?,
        Err(TailError::Unreadable(source)) if source.kind() == io::ErrorKind::NotFound && !arguments.follow => {
            return Err(NoLog { folder, source }.into());
        }
        Err(TailError::Unreadable(source)) if source.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    if !arguments.follow {
        return Ok(());
    }
    loop {
        print(&tail.next()?)?;
        let _elapsed = timeout(INTERVAL, pending::<()>()).await;
    }
}

fn print(events: &[Event]) -> Result<(), Failure> {
    Ok(events.iter().try_for_each(|event| say(&line(event)))?)
}

/// The end of a log.
struct Tail {
    log: FolderObjects,
    shards: u16,
    /// The last batch of each shard that was looked at.
    last: BTreeMap<u16, u64>,
}

impl Tail {
    /// The latest events of all shards, oldest first.
    fn latest(&mut self, count: usize) -> Result<Vec<Event>, TailError> {
        for listed in self.log.list()? {
            if let Listed::Object { name: ObjectName { shard, batch, kind: ObjectKind::Header }, .. } = listed {
                let last = self.last.entry(shard).or_default();
                *last = batch.max(*last);
            }
        }
        let mut events = Vec::new();
        for (shard, mut batch) in self.last.clone() {
            let mut found = 0;
            while found < count
                && let Some(earlier) = self.batch(shard, batch)?
            {
                found += earlier.len();
                events.extend(earlier);
                batch -= 1;
            }
        }
        sort(&mut events);
        Ok(events.split_off(events.len().saturating_sub(count)))
    }

    /// What has come since.
    fn next(&mut self) -> Result<Vec<Event>, TailError> {
        let mut events = Vec::new();
        for shard in 0..self.shards.max(1) {
            let mut next = self.last.get(&shard).copied().unwrap_or_default() + 1;
            while let Some(later) = self.batch(shard, next)? {
                events.extend(later);
                self.last.insert(shard, next);
                next += 1;
            }
        }
        sort(&mut events);
        Ok(events)
    }

    /// A batch's events; `None` if there is no such batch.
    fn batch(&mut self, shard: u16, batch: u64) -> Result<Option<Vec<Event>>, TailError> {
        let name = ObjectName { shard, batch, kind: ObjectKind::Header };
        let Some(header) = self.log.read(&name, u64::MAX)? else { return Ok(None) };
        let header = SignedHeader::parse(&header).map_err(|source| TailError::NotAHeader { name, source })?;
        self.shards = header.header().shards.max(self.shards);
        let payload = self.log.read(&header.header().payload_name(), u64::MAX)?.unwrap_or_default();
        Ok(Some(open_batch(header.header(), &payload)?))
    }
}

fn sort(events: &mut [Event]) {
    events.sort_by_key(|event| (event.at, event.id));
}

/// Why the log's end can't be told.
#[derive(Debug, thiserror::Error)]
enum TailError {
    /// The system can't read it.
    #[error("the log can't be read")]
    Unreadable(#[from] io::Error),
    /// A header's file holds something else.
    #[error("{name} can't be read")]
    NotAHeader { name: ObjectName, source: InvalidHeader },
    /// A batch is not what its header says.
    #[error("the log is damaged")]
    Damaged(#[from] Fault),
}

const INTERVAL: Duration = Duration::from_millis(500);
