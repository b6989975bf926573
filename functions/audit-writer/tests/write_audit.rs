//! The writer on the store in memory, on batches as SQS delivers them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use audit::{About, Event, Outcome, Subject};
use audit_writer::WriteAudit;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain::{EventId, RequestId, SessionId, TenantId};
use jiff::Timestamp;
use serde_json::json;
use store::{EventRecord, FindEvents, StoreError, StoreErrorKind, StoreEvents};
use testkit::{Fault, FaultStore, MemoryStore};

const BATCH: &str = include_str!("../../../events/audit-writer/batch.json");
const POISON: &str = include_str!("../../../events/audit-writer/poison.json");
const DUPLICATE: &str = include_str!("../../../events/audit-writer/duplicate.json");

fn delivered(json: &str) -> SqsEvent {
    serde_json::from_str(json).unwrap()
}

fn event(number: u8) -> Event {
    Event {
        id: EventId::from_keyed_bytes([number; 16]),
        about: About::Person { tenant: TenantId::from_keyed_bytes([100; 16]), subject: Subject::new([101; 16]) },
        at: Timestamp::from_second(1_793_491_200).unwrap(),
        request_id: RequestId::from_transport("r-1"),
        outcome: Outcome::SessionRevoked { session: SessionId::from_keyed_bytes([number; 16]) },
    }
}

/// A batch of messages with these ids and bodies.
fn batch<'a>(messages: impl IntoIterator<Item = (&'a str, String)>) -> SqsEvent {
    let records: Vec<_> = messages.into_iter().map(|(id, body)| json!({"messageId": id, "body": body})).collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

fn failed(response: &SqsBatchResponse) -> Vec<&str> {
    response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect()
}

async fn stored(store: &impl FindEvents) -> Vec<EventRecord> {
    store.find_events(TenantId::from_keyed_bytes([100; 16]), [101; 16], 100).await.unwrap()
}

/// Stores all events but some.
#[derive(Debug)]
struct Forgetful(Vec<EventId>);

impl StoreEvents for Forgetful {
    async fn store_events(&self, _: &[EventRecord]) -> Result<Vec<EventId>, StoreError> {
        Ok(self.0.clone())
    }
}

#[tokio::test]
async fn l2_the_writer_returns_exactly_the_failed_ids() {
    let write_audit = WriteAudit::new(Forgetful(vec![event(2).id, event(4).id]));
    let messages =
        ["a", "b", "c", "d", "e"].into_iter().zip(1..=5).map(|(id, number)| (id, event(number).canonical_json()));

    let response = write_audit.write(batch(messages)).await;

    assert_eq!(failed(&response), ["b", "d"]);
}

#[tokio::test]
async fn l2_poison_goes_back_alone() {
    let store = MemoryStore::new();
    let good = event(1).canonical_json();
    let poison =
        [String::new(), "{".into(), good.replace("schema\":1", "schema\":9"), "x".repeat(5_000), format!(" {good}")];

    for poison in poison {
        let messages = [("good", good.clone()), ("poison", poison), ("also good", event(2).canonical_json())];
        let response = WriteAudit::new(store.clone()).write(batch(messages)).await;

        assert_eq!(failed(&response), ["poison"]);
    }
    assert_eq!(stored(&store).await, [EventRecord::from(&event(1)), EventRecord::from(&event(2))]);
}

#[tokio::test]
async fn l2_duplicates_and_reordering_change_nothing() {
    let in_order = MemoryStore::new();
    let messages = [1, 2, 3].map(|number| ("m", event(number).canonical_json()));
    WriteAudit::new(in_order.clone()).write(batch(messages)).await;

    let shuffled = MemoryStore::new();
    for numbers in [[3, 1, 3], [2, 2, 1], [1, 3, 2]] {
        let messages = numbers.map(|number| ("m", event(number).canonical_json()));
        let response = WriteAudit::new(shuffled.clone()).write(batch(messages)).await;
        assert_eq!(failed(&response), [""; 0]);
    }

    assert_eq!(stored(&shuffled).await, stored(&in_order).await);
}

#[tokio::test]
async fn l2_an_event_that_is_not_stored_fails_all_its_messages() {
    let write_audit = WriteAudit::new(Forgetful(vec![event(1).id]));
    let messages = [("a", 1), ("b", 2), ("c", 1)].map(|(id, number)| (id, event(number).canonical_json()));

    let response = write_audit.write(batch(messages)).await;

    assert_eq!(failed(&response), ["a", "c"]);
}

#[tokio::test]
async fn l2_redrive_is_idempotent() {
    let store = FaultStore::default();
    let write_audit = WriteAudit::new(store.clone());
    let messages = || [("a", event(1).canonical_json()), ("b", event(2).canonical_json())];

    store.faults().plan("StoreEvents", 1, Fault::FailAfter(StoreErrorKind::Unavailable));
    let lost_answer = write_audit.write(batch(messages())).await;
    let redriven = write_audit.write(batch(messages())).await;
    let again = write_audit.write(batch(messages())).await;

    assert_eq!(failed(&lost_answer), ["a", "b"]);
    assert_eq!(failed(&redriven), [""; 0]);
    assert_eq!(failed(&again), [""; 0]);
    assert_eq!(stored(&store).await, [EventRecord::from(&event(1)), EventRecord::from(&event(2))]);
}

#[tokio::test]
async fn a_store_without_an_answer_fails_every_message() {
    for kind in [StoreErrorKind::Corrupt, StoreErrorKind::Throttled, StoreErrorKind::Unavailable] {
        let store = FaultStore::default();
        store.faults().plan("StoreEvents", 1, Fault::FailBefore(kind));
        let messages = [("a", event(1).canonical_json()), ("poison", "{}".into())];

        let response = WriteAudit::new(store.clone()).write(batch(messages)).await;

        assert_eq!(failed(&response), ["a", "poison"]);
        assert_eq!(stored(&store).await, []);
    }
}

#[tokio::test]
async fn another_event_of_the_same_id_goes_back() {
    let store = MemoryStore::new();
    let forged = Event { outcome: event(9).outcome, ..event(1) };
    let messages = [("first", event(1).canonical_json()), ("forged", forged.canonical_json())];

    let response = WriteAudit::new(store.clone()).write(batch(messages)).await;

    assert_eq!(failed(&response), ["forged"]);
    assert_eq!(stored(&store).await, [EventRecord::from(&event(1))]);
}

#[tokio::test]
async fn a_batch_is_one_call_of_the_store_and_no_events_are_none() {
    let store = FaultStore::default();
    let write_audit = WriteAudit::new(store.clone());

    write_audit.write(batch([1, 2, 2].map(|number| ("m", event(number).canonical_json())))).await;
    write_audit.write(batch([("poison", "{}".into())])).await;
    write_audit.write(SqsEvent::default()).await;

    assert_eq!(store.recorder().take().ports(), ["StoreEvents"]);
}

#[tokio::test]
async fn a_failed_message_without_an_id_fails_the_whole_batch() {
    let messages = json!({"Records": [{"messageId": "a", "body": event(1).canonical_json()}, {"body": "{}"}]});

    let response = WriteAudit::new(MemoryStore::new()).write(serde_json::from_value(messages).unwrap()).await;

    assert_eq!(serde_json::to_value(&response).unwrap(), json!({"batchItemFailures": [{"itemIdentifier": ""}]}));
}

#[tokio::test]
async fn the_batch_of_a_journey_is_stored() {
    let store = FaultStore::default();

    let response = WriteAudit::new(store.clone()).write(delivered(BATCH)).await;

    assert_eq!(serde_json::to_value(&response).unwrap(), json!({"batchItemFailures": []}));
    let tenant = "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap();
    let events: Vec<Outcome> = store
        .find_events(tenant, [0x5a; 16], 100)
        .await
        .unwrap()
        .iter()
        .map(|record| Event::parse(&record.payload).unwrap().outcome)
        .collect();
    assert!(matches!(
        events.as_slice(),
        [
            Outcome::EnrollmentCreated { .. },
            Outcome::VerificationOpened { .. },
            Outcome::AttemptWrong { .. },
            Outcome::VerificationSucceeded { .. },
        ]
    ));
}

#[tokio::test]
async fn the_poisoned_batch_gives_the_poison_back() {
    let response = WriteAudit::new(MemoryStore::new()).write(delivered(POISON)).await;

    assert_eq!(failed(&response), ["059f36b4-87a3-44ab-83d2-661975830002"]);
}

#[tokio::test]
async fn the_batch_with_a_duplicate_has_no_failures() {
    let response = WriteAudit::new(MemoryStore::new()).write(delivered(DUPLICATE)).await;

    assert_eq!(failed(&response), [""; 0]);
}

#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "current_thread")]
async fn e5_a_refused_message_is_logged_without_its_content() {
    let log = Log::default();
    let writer = log.clone();
    let lines =
        tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    let _logging = tracing::subscriber::set_default(lines.finish());

    WriteAudit::new(MemoryStore::new()).write(delivered(POISON)).await;

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("059f36b4-87a3-44ab-83d2-661975830002"), "{text}");
    assert!(text.contains("not the JSON of an event"), "{text}");
    assert!(!text.contains("canary-4711"), "{text}");
}
