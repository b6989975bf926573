//! The use case.

use std::collections::{BTreeMap, BTreeSet};

use audit::{Event, ParseError};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::EventId;
use store::{EventRecord, StoreEvents};
use telemetry::Chain;

/// Stores batches of audit events.
///
/// - A batch is one call of the store, whatever it holds; an event that is in it twice is stored once.
/// - The answer names exactly the messages that SQS has to deliver again: those that are not events (they come back until
///   the queue moves them to the dead-letter queue, and take no other message with them) and those that were not stored.
/// - The store is idempotent by event id, so delivering anything again, in any order, at any time, changes nothing.
#[derive(Debug, Clone)]
pub struct WriteAudit<S> {
    store: S,
}

impl<S: StoreEvents> WriteAudit<S> {
    /// The use case on this store.
    pub const fn new(store: S) -> Self {
        Self { store }
    }

    /// Stores a batch and gives the messages that have to be delivered again.
    ///
    /// A failed message without an id, which SQS never sends, is named by the empty string: Lambda then takes the whole
    /// batch as failed, so that nothing is lost.
    pub async fn write(&self, batch: SqsEvent) -> SqsBatchResponse {
        let mut records = BTreeMap::new();
        let messages: Vec<(&str, Option<EventId>)> =
            batch.records.iter().map(|message| (id(message), accept(message, &mut records))).collect();

        let not_stored = self.store(records.into_values().collect()).await;

        let mut response = SqsBatchResponse::default();
        for (message, event) in &messages {
            let is_stored = event.is_some_and(|event| !not_stored.contains(&event));
            if !is_stored {
                response.add_failure(*message);
            }
        }
        let failed = response.batch_item_failures.len();
        tracing::info!(batch.messages = messages.len(), batch.failed = failed, "a batch of audit events was processed");
        response
    }

    /// Stores the records in one call; gives the ids of those that are not stored.
    async fn store(&self, records: Vec<EventRecord>) -> BTreeSet<EventId> {
        if records.is_empty() {
            return BTreeSet::new();
        }
        match self.store.store_events(&records).await {
            Ok(not_stored) => not_stored.into_iter().collect(),
            Err(error) => {
                tracing::error!(error.chain = %Chain::of(&error), "audit events were not stored and go back to the queue");
                records.iter().map(|record| record.id).collect()
            }
        }
    }
}

/// Adds a message's event to the records, unless it is there already. `None` if the message can't be stored; the log says
/// why, without its content.
fn accept(message: &SqsMessage, records: &mut BTreeMap<EventId, EventRecord>) -> Option<EventId> {
    let body = message.body.as_deref().unwrap_or_default();
    match read(body, records) {
        Ok(record) => {
            let event = record.id;
            records.insert(event, record);
            Some(event)
        }
        Err(refusal) => {
            tracing::warn!(message.id = id(message), reason = %refusal, "a message was refused and goes back to the queue");
            None
        }
    }
}

fn read(unverified_body: &str, records: &BTreeMap<EventId, EventRecord>) -> Result<EventRecord, Refusal> {
    let record = EventRecord::from(&Event::parse(unverified_body.as_bytes())?);
    match records.get(&record.id) {
        Some(known) if *known != record => Err(Refusal::AnotherOfThisId),
        _ => Ok(record),
    }
}

/// Why a message can't be stored. Holds nothing of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    NotAnEvent(#[from] ParseError),
    #[error("the batch holds another event of this id")]
    AnotherOfThisId,
}

fn id(message: &SqsMessage) -> &str {
    message.message_id.as_deref().unwrap_or_default()
}
