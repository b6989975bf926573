//! Delivers messages to a function in batches, as Lambda's event source mapping does.

use std::collections::BTreeSet;
use std::future::{Future, pending};
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use super::{DeadLetters, Message};

/// A function that takes batches from a queue.
pub(crate) trait ProcessBatch: Send + Sync + 'static {
    /// One invocation; the answer names the messages to deliver again.
    fn process_batch(&self, batch: SqsEvent) -> impl Future<Output = SqsBatchResponse> + Send;
}

/// Delivers one queue's messages.
#[derive(Debug)]
pub(crate) struct Delivery {
    sender: mpsc::Sender<Message>,
    running: JoinHandle<()>,
}

impl Delivery {
    /// Starts delivering, at most this many messages at once. Needs a tokio runtime.
    pub(crate) fn start<F: ProcessBatch>(function: F, batch_size: usize, dead_letters: DeadLetters) -> Self {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        let courier = Courier { function: Arc::new(function), batch_size, dead_letters, later: JoinSet::new() };
        Self { sender, running: tokio::spawn(courier.run(receiver)) }
    }

    /// Where messages are handed over. Delivery goes on for as long as there is a clone of it.
    pub(super) fn sender(&self) -> mpsc::Sender<Message> {
        self.sender.clone()
    }

    /// Waits until every sender is gone and every message is settled or dead; or for so long. What is left then stays in its segments.
    pub(crate) async fn finish(self, patience: Duration) {
        let Self { sender, mut running } = self;
        drop(sender);
        match timeout(patience, &mut running).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(error = %error, "the delivery of audit events ended early"),
            Err(_elapsed) => {
                tracing::info!("audit events were still to be delivered, and will be by another host");
                running.abort();
            }
        }
    }
}

struct Courier<F> {
    function: Arc<F>,
    batch_size: usize,
    dead_letters: DeadLetters,
    /// Failed messages, each batch until its time has come.
    later: JoinSet<Vec<Message>>,
}

impl<F: ProcessBatch> Courier<F> {
    async fn run(mut self, mut receiver: mpsc::Receiver<Message>) {
        let mut batch = Vec::with_capacity(self.batch_size);
        let mut is_open = true;
        while is_open || !self.later.is_empty() {
            tokio::select! {
                came = Self::collect(self.batch_size, &mut receiver, &mut batch), if is_open => is_open = came,
                Some(failed) = self.later.join_next() => batch.extend(failed.unwrap_or_default()),
            }
            if !batch.is_empty() {
                self.deliver(std::mem::take(&mut batch)).await;
            }
        }
    }

    /// Receives a message and what comes within the window after it. Whether there was one: if not, there never will be.
    async fn collect(batch_size: usize, receiver: &mut mpsc::Receiver<Message>, batch: &mut Vec<Message>) -> bool {
        let Some(first) = receiver.recv().await else { return false };
        batch.push(first);
        let more = async {
            while batch.len() < batch_size
                && let Some(message) = receiver.recv().await
            {
                batch.push(message);
            }
        };
        let _elapsed = timeout(BATCHING_WINDOW, more).await;
        true
    }

    /// Settles what the function did, and keeps the rest for later.
    async fn deliver(&mut self, mut batch: Vec<Message>) {
        let failed = self.invoke(&mut batch).await;
        let (failed, done): (Vec<_>, Vec<_>) = batch.into_iter().partition(|message| failed.contains(&message.id));
        for message in done {
            message.settle();
        }
        let (dead, failed): (Vec<_>, Vec<_>) =
            failed.into_iter().partition(|message| message.received() >= MAX_RECEIVE_COUNT);
        for message in dead {
            self.dead_letters.bury(message);
        }
        if let Some(received) = failed.iter().map(Message::received).max() {
            self.later.spawn(async move {
                let _elapsed = timeout(visibility_timeout(received), pending::<()>()).await;
                failed
            });
        }
    }

    /// One invocation, over the JSON that Lambda would hand over. The ids of the messages that it did not do: all of them if it
    /// failed as a whole.
    async fn invoke(&self, batch: &mut [Message]) -> BTreeSet<String> {
        let all = batch.iter().map(|message| message.id.clone()).collect();
        let mut event = SqsEvent::default();
        event.records = batch.iter_mut().map(Message::deliver).collect();
        let event: SqsEvent = match serde_json::to_string(&event).and_then(|json| serde_json::from_str(&json)) {
            Ok(event) => event,
            Err(error) => {
                tracing::error!(error = %error, "a batch could not be delivered");
                return all;
            }
        };
        let function = Arc::clone(&self.function);
        match tokio::spawn(async move { function.process_batch(event).await }).await {
            Ok(response) => failures(response, all),
            Err(error) => {
                tracing::error!(error = %error, "an invocation ended early");
                all
            }
        }
    }
}

/// A failure without an id fails the whole batch, as it does in Lambda.
fn failures(response: SqsBatchResponse, all: BTreeSet<String>) -> BTreeSet<String> {
    let named: BTreeSet<String> = response.batch_item_failures.into_iter().map(|item| item.item_identifier).collect();
    if named.is_subset(&all) { named } else { all }
}

/// How long a message is left alone after it failed: 0.2 s, 1.6 s, 12.8 s, 102.4 s. The template's time is always the same, and
/// longer: a function may be slow there without anybody noticing.
fn visibility_timeout(received: u32) -> Duration {
    Duration::from_millis(25).saturating_mul(8_u32.saturating_pow(received))
}

/// The template's is five seconds; here somebody is watching.
const BATCHING_WINDOW: Duration = Duration::from_millis(200);

/// `maxReceiveCount` of the template's queues.
pub(crate) const MAX_RECEIVE_COUNT: u32 = 5;

/// Messages that are not being delivered. Whoever finds it full waits, and then keeps events in the outbox instead.
const CAPACITY: usize = 10_000;
