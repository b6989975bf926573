//! A message on its way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lambda_events::sqs::SqsMessage;

use super::Segment;

/// A message that is not settled. If it is dropped, its segment stays, and it is delivered again one day.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
    received: u32,
    segment: Arc<Segment>,
}

impl Message {
    /// One that stands in this segment.
    pub(super) fn new(body: String, segment: &Arc<Segment>) -> Self {
        let id = format!("local-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        Self { id, body, received: 0, segment: Arc::clone(segment) }
    }

    /// It is done with.
    pub(super) fn settle(self) {
        self.segment.settle_one();
    }

    /// How often it has been delivered.
    pub(super) const fn received(&self) -> u32 {
        self.received
    }

    /// As Lambda would hand it over; counts.
    pub(super) fn deliver(&mut self) -> SqsMessage {
        self.received += 1;
        let mut message = SqsMessage::default();
        message.message_id = Some(self.id.clone());
        message.receipt_handle = Some(self.id.clone());
        message.body = Some(self.body.clone());
        message.attributes.insert("ApproximateReceiveCount".to_owned(), self.received.to_string());
        message.event_source = Some("aws:sqs".to_owned());
        message
    }
}

/// Tells a process's messages apart, as the ids of SQS do.
static NEXT: AtomicU64 = AtomicU64::new(0);
