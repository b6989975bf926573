//! The audit queue in Amazon SQS.

use aws_sdk_sqs::types::QueueAttributeName;
use aws_sdk_sqs::{Client, Config};
use store::{CheckReadiness, StoreError, StoreErrorKind};

use crate::{Event, RecordError, RecordEvent};

/// Sends events to a queue, one message each, the canonical JSON as its body.
///
/// Deadlines and retries are the client's. A retry may send an event twice; the writer is idempotent by event id.
#[derive(Debug, Clone)]
pub struct SqsSink {
    client: Client,
    queue_url: String,
}

impl SqsSink {
    /// A sink for this queue, out of the shared SDK configuration (`&SdkConfig` converts).
    pub fn new(config: impl Into<Config>, queue_url: impl Into<String>) -> Self {
        Self { client: Client::from_conf(config.into()), queue_url: queue_url.into() }
    }
}

impl RecordEvent for SqsSink {
    async fn record_event(&self, event: &Event) -> Result<(), RecordError> {
        self.client
            .send_message()
            .queue_url(&self.queue_url)
            .message_body(event.canonical_json())
            .send()
            .await
            .map_err(RecordError::new)?;
        Ok(())
    }
}

impl CheckReadiness for SqsSink {
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
