//! What the queue delivered: messages, and the events that are in them.

use std::collections::{BTreeMap, HashSet};

use audit::{Event, ParseError};
use audit_log::shard_of;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::EventId;

use crate::progress::Progress;

/// A batch of messages without the events, which go their own way.
pub(crate) struct Delivery(Vec<Message>);

struct Message {
    id: String,
    /// `None` if the message is not an event.
    event: Option<EventId>,
}

/// An event as it was delivered.
pub(crate) struct Entry {
    pub(crate) event: Event,
    /// The event's canonical bytes.
    pub(crate) payload: Vec<u8>,
}

/// Events by the shard that they belong to, each once, in the order in which they came.
pub(crate) type Shards = BTreeMap<u16, Vec<Entry>>;

impl Delivery {
    /// Takes the batch apart, for a log of this many shards. Of two messages with the same event id the first one counts.
    pub(crate) fn of(batch: SqsEvent, shards: u16) -> (Self, Shards) {
        let mut seen = HashSet::new();
        let mut sorted = Shards::new();
        let messages = batch.records.into_iter().map(|mut message| {
            let entry = read(&mut message);
            let event = entry.as_ref().map(|entry| entry.event.id);
            if let Some(entry) = entry.filter(|entry| seen.insert(entry.event.id)) {
                sorted.entry(shard_of(entry.event.id, shards)).or_default().push(entry);
            }
            Message { id: message.message_id.unwrap_or_default(), event }
        });
        (Self(messages.collect()), sorted)
    }

    /// Names every message that is not an event or whose event is not written; logs the counts.
    ///
    /// A failed message without an id, which SQS never sends, is named by the empty string: Lambda then takes the whole
    /// batch as failed, so that nothing is lost.
    pub(crate) fn response(self, progress: &Progress) -> SqsBatchResponse {
        let mut response = SqsBatchResponse::default();
        let (messages, mut refused) = (self.0.len(), 0);
        for Message { id, event } in self.0 {
            if event.is_none() {
                refused += 1;
            }
            if !event.is_some_and(|event| progress.is_written(event)) {
                response.add_failure(id);
            }
        }
        let returned = response.batch_item_failures.len();
        let new = progress.new_events();
        tracing::info!(
            batch.messages = messages,
            batch.new = new,
            batch.known = messages.saturating_sub(returned).saturating_sub(new),
            batch.refused = refused,
            batch.failed = returned.saturating_sub(refused),
            "a batch of audit events was processed"
        );
        response
    }
}

/// The message's event. `None` if there is none; the log says why, without the message's content.
fn read(message: &mut SqsMessage) -> Option<Entry> {
    match parse(message.body.take().unwrap_or_default()) {
        Ok(entry) => Some(entry),
        Err(refusal) => {
            let id = message.message_id.as_deref().unwrap_or_default();
            tracing::warn!(message.id = id, reason = %refusal, "a message was refused and goes back to the queue");
            None
        }
    }
}

fn parse(unverified_body: String) -> Result<Entry, ParseError> {
    let event = Event::parse(unverified_body.as_bytes())?;
    Ok(Entry { event, payload: unverified_body.into_bytes() })
}
