//! The audit queue in Amazon SQS.

use std::collections::BTreeSet;

use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry, SendMessageBatchResultEntry};
use aws_sdk_sqs::{Client, Config};
use domain::EventId;
use store::{CheckReadiness, StoreError, StoreErrorKind};

use crate::{Event, SendError, SendEvents};

/// Sends events to a queue, one message each, the canonical JSON as its body.
///
/// Deadlines and retries are the client's. A retry may send an event twice; the log is idempotent by event id.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    client: Client,
    queue_url: String,
}

impl SqsQueue {
    /// This queue, out of the shared SDK configuration (`&SdkConfig` converts).
    pub fn new(config: impl Into<Config>, queue_url: impl Into<String>) -> Self {
        Self { client: Client::from_conf(config.into()), queue_url: queue_url.into() }
    }

    async fn send_one(&self, event: &Event) -> Result<Vec<EventId>, SendError> {
        let message = self.client.send_message().queue_url(&self.queue_url).message_body(event.canonical_json());
        message.send().await.map_err(SendError::new)?;
        Ok(Vec::new())
    }

    async fn send_batch(&self, events: &[Event]) -> Result<Vec<EventId>, SendError> {
        let entries = events.iter().map(entry).collect::<Result<_, _>>().map_err(SendError::new)?;
        let sending = self.client.send_message_batch().queue_url(&self.queue_url).set_entries(Some(entries));
        let answer = sending.send().await.map_err(SendError::new)?;
        // Only what the queue says that it took.
        let taken: BTreeSet<&str> = answer.successful().iter().map(SendMessageBatchResultEntry::id).collect();
        Ok(events.iter().map(|event| event.id).filter(|id| !taken.contains(id.to_string().as_str())).collect())
    }
}

impl SendEvents for SqsQueue {
    /// One call for every ten events, one after the other.
    async fn send_events(&self, events: &[Event]) -> Result<Vec<EventId>, SendError> {
        if let [event] = events {
            return self.send_one(event).await;
        }
        let mut not_sent = Vec::new();
        for batch in events.chunks(MOST_ENTRIES) {
            not_sent.extend(self.send_batch(batch).await?);
        }
        Ok(not_sent)
    }
}

impl CheckReadiness for SqsQueue {
    /// Reads one attribute of the queue.
    async fn check_readiness(&self) -> Result<(), StoreError> {
        self.client
            .get_queue_attributes()
            .queue_url(&self.queue_url)
            .attribute_names(QueueAttributeName::QueueArn)
            .send()
            .await
            .map_err(|error| StoreError::new(StoreErrorKind::Unavailable, "CheckReadiness", error))?;
        Ok(())
    }
}

fn entry(event: &Event) -> Result<SendMessageBatchRequestEntry, BuildError> {
    SendMessageBatchRequestEntry::builder().id(event.id.to_string()).message_body(event.canonical_json()).build()
}

/// The most that `SendMessageBatch` takes.
const MOST_ENTRIES: usize = 10;
