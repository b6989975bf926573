//! The audit queue inside this process: delivers the batches that SQS would deliver, to the same audit-writer.
//!
//! - An event counts as recorded when the batch that it is in has been written. So nothing is lost with the process: a
//!   caller who was told of a success finds its event in the audit table.
//! - Messages of a partial batch response are delivered again, up to five times in all; then they are dead letters, which
//!   are kept in memory, counted and logged, and their events count as not recorded.
//! - The queue is bounded. Who finds it full waits; who waits for longer than a call to SQS may take is told that it is
//!   unknown whether the event is recorded.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use audit::{Event, RecordError, RecordEvent};
use audit_writer::WriteAudit;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use store::StoreEvents;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The queue. Clones are the same queue.
#[derive(Debug, Clone)]
pub struct AuditQueue {
    sender: mpsc::Sender<Message>,
    sent: Arc<AtomicU64>,
    dead_letters: Arc<DeadLetters>,
}

/// What writes the queue's batches.
#[derive(Debug)]
pub struct AuditWriters(Vec<JoinHandle<()>>);

/// Messages that could not be written.
#[derive(Debug, Default)]
pub struct DeadLetters {
    count: AtomicU64,
    latest: Mutex<Vec<String>>,
}

#[derive(Debug)]
struct Message {
    id: String,
    body: String,
    written: oneshot::Sender<bool>,
}

impl AuditQueue {
    /// Starts a queue whose events end in this store. Needs a tokio runtime.
    pub fn start<S: StoreEvents + Clone + 'static>(store: &S) -> (Self, AuditWriters) {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        let queue = Self { sender, sent: Arc::default(), dead_letters: Arc::default() };
        let receiver = Arc::new(tokio::sync::Mutex::new(receiver));
        let writer = |_| {
            let write_audit = WriteAudit::new(store.clone());
            tokio::spawn(run(write_audit, Arc::clone(&receiver), Arc::clone(&queue.dead_letters)))
        };
        let writers = (0..WRITERS).map(writer).collect();
        (queue, AuditWriters(writers))
    }

    /// The messages that could not be written.
    #[must_use]
    pub fn dead_letters(&self) -> &DeadLetters {
        &self.dead_letters
    }

    async fn send(&self, body: String) -> Result<bool, &'static str> {
        let id = format!("local-{}", self.sent.fetch_add(1, Ordering::Relaxed));
        let (written, answer) = oneshot::channel();
        self.sender.send(Message { id, body, written }).await.map_err(|_| "the audit queue is closed")?;
        answer.await.map_err(|_| "the audit queue is closed")
    }
}

impl RecordEvent for AuditQueue {
    async fn record_event(&self, event: &Event) -> Result<(), RecordError> {
        match timeout(config::CALL_DEADLINE, self.send(event.canonical_json())).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(RecordError::new("the event became a dead letter")),
            Ok(Err(closed)) => Err(RecordError::new(closed)),
            Err(elapsed) => Err(RecordError::new(elapsed)),
        }
    }
}

impl AuditWriters {
    /// Waits until every clone of the queue is gone and everything in it is written or dead.
    pub async fn finish(self) {
        for writer in self.0 {
            if let Err(error) = writer.await {
                tracing::error!(error = %error, "a writer of the audit queue ended early");
            }
        }
    }
}

impl DeadLetters {
    /// How many there have been.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// The bodies of the first thousand.
    #[must_use]
    pub fn bodies(&self) -> Vec<String> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn bury(&self, message: Message) {
        tracing::error!(message.id = message.id, "an audit event could not be stored and is a dead letter");
        self.count.fetch_add(1, Ordering::Relaxed);
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.len() < MAX_DEAD_LETTERS {
            latest.push(message.body);
        }
        let _nobody_waits = message.written.send(false);
    }
}

async fn run<S: StoreEvents>(
    write_audit: WriteAudit<S>,
    receiver: Arc<tokio::sync::Mutex<mpsc::Receiver<Message>>>,
    dead_letters: Arc<DeadLetters>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        // While this writer writes its batch, the other one collects the next.
        receiver.lock().await.recv_many(&mut batch, BATCH).await;
        if batch.is_empty() {
            return;
        }
        for message in deliver(&write_audit, std::mem::take(&mut batch)).await {
            dead_letters.bury(message);
        }
    }
}

/// Delivers a batch until every message is written or was received too often; gives the latter.
async fn deliver<S: StoreEvents>(write_audit: &WriteAudit<S>, mut batch: Vec<Message>) -> Vec<Message> {
    for receive in 1..=MAX_RECEIVE_COUNT {
        let failed = write(write_audit, &batch, receive).await;
        let (failed, written): (Vec<_>, Vec<_>) =
            batch.into_iter().partition(|message| failed.contains(&message.id) || failed.contains(""));
        for message in written {
            let _nobody_waits = message.written.send(true);
        }
        batch = failed;
        if batch.is_empty() {
            break;
        }
        let _elapsed = timeout(VISIBILITY_TIMEOUT, pending::<()>()).await;
    }
    batch
}

/// One invocation of the writer, over the JSON that Lambda would hand it. The ids of the messages to deliver again.
async fn write<S: StoreEvents>(write_audit: &WriteAudit<S>, batch: &[Message], receive: u32) -> BTreeSet<String> {
    let all = || batch.iter().map(|message| message.id.clone()).collect();
    let event = serde_json::to_string(&event(batch, receive)).and_then(|json| serde_json::from_str(&json));
    match event {
        Ok(event) => failures(write_audit.write(event).await),
        Err(error) => {
            tracing::error!(error = %error, "a batch of audit events could not be delivered");
            all()
        }
    }
}

fn failures(response: SqsBatchResponse) -> BTreeSet<String> {
    response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

fn event(batch: &[Message], receive: u32) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = batch.iter().map(|message| record(message, receive)).collect();
    event
}

fn record(message: &Message, receive: u32) -> SqsMessage {
    let mut record = SqsMessage::default();
    record.message_id = Some(message.id.clone());
    record.receipt_handle = Some(message.id.clone());
    record.body = Some(message.body.clone());
    record.attributes.insert("ApproximateReceiveCount".to_owned(), receive.to_string());
    record.event_source = Some("aws:sqs".to_owned());
    record
}

/// `maxReceiveCount` of the template's queue.
pub(crate) const MAX_RECEIVE_COUNT: u32 = 5;

/// `BatchSize` of the template's event source mapping.
pub(crate) const BATCH: usize = 100;

/// Batches that are written at the same time.
const WRITERS: usize = 2;

/// The template's is six minutes, so that a slow function is not overtaken; here nobody can be.
const VISIBILITY_TIMEOUT: Duration = Duration::from_millis(200);

const CAPACITY: usize = 10_000;

const MAX_DEAD_LETTERS: usize = 1_000;

#[cfg(test)]
mod tests {
    use audit::{About, Outcome, Subject};
    use domain::{EventId, RequestId, SessionId, TenantId};
    use jiff::Timestamp;
    use store::FindEvents;
    use testkit::MemoryStore;

    use super::*;

    #[derive(Clone, Default)]
    struct Refusing(Arc<AtomicU64>);

    impl StoreEvents for Refusing {
        async fn store_events(&self, records: &[store::EventRecord]) -> Result<Vec<EventId>, store::StoreError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(records.iter().map(|record| record.id).collect())
        }
    }

    fn tenant() -> TenantId {
        TenantId::from_keyed_bytes([2; 16])
    }

    fn revoked(byte: u8) -> Event {
        Event {
            id: EventId::at(Timestamp::UNIX_EPOCH, &[byte; 10]),
            about: About::Person { tenant: tenant(), subject: Subject::new([3; 16]) },
            at: Timestamp::UNIX_EPOCH,
            request_id: RequestId::from_transport("r-1"),
            outcome: Outcome::SessionRevoked { session: SessionId::from_keyed_bytes([4; 16]) },
        }
    }

    #[tokio::test]
    async fn an_event_is_stored_before_it_counts_as_recorded() {
        let store = MemoryStore::new();
        let (queue, writers) = AuditQueue::start(&store);

        queue.record_event(&revoked(1)).await.unwrap();

        let stored = store.find_events(tenant(), [3; 16], 10).await.unwrap();
        assert_eq!(stored.len(), 1);
        drop(queue);
        writers.finish().await;
    }

    #[tokio::test]
    async fn many_events_at_once_are_all_stored() {
        let store = MemoryStore::new();
        let (queue, _writers) = AuditQueue::start(&store);

        let all = (0..250).map(|byte| {
            let queue = queue.clone();
            tokio::spawn(async move { queue.record_event(&revoked(byte)).await })
        });
        for recorded in all.collect::<Vec<_>>() {
            recorded.await.unwrap().unwrap();
        }

        assert_eq!(store.find_events(tenant(), [3; 16], 1_000).await.unwrap().len(), 250);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_refused_five_times_is_a_dead_letter() {
        let store = Refusing::default();
        let (queue, _writers) = AuditQueue::start(&store);

        let recorded = queue.record_event(&revoked(1)).await;

        assert!(recorded.is_err());
        assert_eq!((store.0.load(Ordering::SeqCst), queue.dead_letters().count()), (5, 1));
        assert_eq!(queue.dead_letters().bodies(), [revoked(1).canonical_json()]);
    }
}
