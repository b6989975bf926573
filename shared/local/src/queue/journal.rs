//! Writes messages down before they count as sent.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use audit::{Event, SendError, SendEvents};
use domain::{Clock, EventId};
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::{Delivery, Message, Segment};

/// A queue's sending end. Clones are the same queue.
#[derive(Debug, Clone)]
pub struct Journal {
    sender: mpsc::Sender<Entry>,
}

/// What one call sends.
#[derive(Debug)]
struct Entry {
    bodies: Vec<String>,
    /// Told once they are written; dropped if they can't be.
    kept: oneshot::Sender<()>,
}

impl Journal {
    /// One in this folder, which is there, whose messages are delivered at once. Needs a tokio runtime.
    pub(crate) fn delivered_by(delivery: &Delivery, folder: &Path, clock: Arc<dyn Clock>) -> Self {
        Self::start(folder, Some(delivery.sender()), clock)
    }

    /// One whose messages wait in their segments until those are adopted: a delay queue.
    pub(crate) fn left_for_later(folder: &Path, clock: Arc<dyn Clock>) -> Self {
        Self::start(folder, None, clock)
    }

    fn start(folder: &Path, delivery: Option<mpsc::Sender<Message>>, clock: Arc<dyn Clock>) -> Self {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        let writer = Writer { folder: folder.to_owned(), delivery, clock, current: None };
        tokio::spawn(writer.run(receiver));
        Self { sender }
    }

    async fn send(&self, bodies: Vec<String>) -> Result<(), &'static str> {
        let (kept, answer) = oneshot::channel();
        self.sender.send(Entry { bodies, kept }).await.map_err(|_| CLOSED)?;
        answer.await.map_err(|_| "the events can't be written down")
    }
}

impl SendEvents for Journal {
    /// Answers when the events are written down, with whatever else waited to be.
    async fn send_events(&self, events: &[Event]) -> Result<Vec<EventId>, SendError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let bodies = events.iter().map(Event::canonical_json).collect();
        match timeout(config::CALL_DEADLINE, self.send(bodies)).await {
            Ok(sent) => sent.map(|()| Vec::new()).map_err(SendError::new),
            Err(elapsed) => Err(SendError::new(elapsed)),
        }
    }
}

struct Writer {
    folder: PathBuf,
    delivery: Option<mpsc::Sender<Message>>,
    clock: Arc<dyn Clock>,
    current: Option<Current>,
}

/// The segment that is being written.
struct Current {
    segment: Arc<Segment>,
    bytes: u64,
    since: Timestamp,
}

impl Writer {
    async fn run(mut self, mut receiver: mpsc::Receiver<Entry>) {
        let mut group = Vec::new();
        loop {
            match timeout(SEGMENT_AGE, receiver.recv_many(&mut group, GROUP)).await {
                Ok(0) => return,
                Ok(_) => self.keep(std::mem::take(&mut group)).await,
                Err(_idle) => self.current = None,
            }
        }
    }

    /// Writes a group, tells those who wait for it, and hands it over.
    async fn keep(&mut self, group: Vec<Entry>) {
        let (bodies, waiting): (Vec<_>, Vec<_>) = group.into_iter().map(|entry| (entry.bodies, entry.kept)).unzip();
        let bodies = bodies.concat();
        let segment = match self.write(&bodies) {
            Ok(segment) => segment,
            Err(error) => {
                tracing::error!(error = %error, "audit events can't be written down");
                self.current = None;
                return;
            }
        };
        for kept in waiting {
            let _gave_up = kept.send(());
        }
        let Some(delivery) = &self.delivery else { return };
        for body in bodies {
            // If nobody delivers any more, the segment stays for the next host.
            let _kept = delivery.send(Message::new(body, &segment)).await;
        }
    }

    /// Writes on this thread: into the page cache, which takes less time than to wake another thread for it.
    fn write(&mut self, bodies: &[String]) -> io::Result<Arc<Segment>> {
        let now = self.clock.now();
        let Current { segment, bytes, since } = match self.current.take_if(|current| !current.is_full(now)) {
            Some(current) => current,
            None => Current { segment: Arc::new(Segment::create(&self.folder)?), bytes: 0, since: now },
        };
        let bytes = bytes + segment.append(bodies)?;
        self.current = Some(Current { segment: Arc::clone(&segment), bytes, since });
        Ok(segment)
    }
}

impl Current {
    fn is_full(&self, now: Timestamp) -> bool {
        self.bytes >= SEGMENT_BYTES || now.duration_since(self.since).unsigned_abs() >= SEGMENT_AGE
    }
}

const CLOSED: &str = "the queue is closed";

/// Calls that wait to be written; further ones wait for their turn.
const CAPACITY: usize = 10_000;

/// Calls that are written together at most.
const GROUP: usize = 1_000;

/// A segment is removed as a whole, so it is to be done with soon.
const SEGMENT_BYTES: u64 = 1024 * 1024;

/// How long one is written to. What waits in a delay queue waits so much longer at most.
const SEGMENT_AGE: Duration = Duration::from_secs(60);
