//! Which messages are named as failed, and what becomes of the others.

use std::collections::BTreeSet;
use std::sync::Arc;

use audit::{Event, MemorySink, Outcome};
use audit_log::{LogKey, MemoryObjects};
use audit_writer::{Ports, WriteAudit};
use aws_lambda_events::event::sqs::SqsEvent;
use crypto::OsEntropy;
use domain::{EventId, RequestId};
use jiff::Timestamp;
use serde_json::json;
use store::{
    Append, AppendBatch, EventKey, EventRecord, IndexEvents, LeaseShard, Leasing, LogHead, RecogniseEvents, ShardLease,
    StoreError, StoreErrorKind,
};
use testkit::{Fault, FixedClock, MemoryStore, Observation};

use crate::world::{PORTS, World, batch, batch_of, event, events, failed};

const BATCH: &str = include_str!("../../../../events/audit-writer/batch.json");
const POISON: &str = include_str!("../../../../events/audit-writer/poison.json");
const DUPLICATE: &str = include_str!("../../../../events/audit-writer/duplicate.json");

fn delivered(json: &str) -> SqsEvent {
    serde_json::from_str(json).unwrap()
}

#[tokio::test]
async fn l2_the_writer_returns_exactly_the_failed_ids() {
    let store = Forgetful { memory: MemoryStore::new(), forgets: [event(2).id, event(4).id].into() };
    let write = WriteAudit::new(Ports {
        store,
        objects: MemoryObjects::default(),
        key: LogKey::ephemeral(config::outside_lambda().unwrap()).unwrap(),
        reconcile: Arc::new(MemorySink::default()),
        shards: 3,
        clock: Arc::new(FixedClock::default()),
        entropy: Arc::new(OsEntropy),
    });
    let mut batch = batch_of([1, 2, 3, 4, 5]);
    batch.records.extend(batch_of([2]).records);

    let response = write.write(batch, Timestamp::MAX).await;

    assert_eq!(failed(&response), ["m-2", "m-4", "m-2"]);
}

#[tokio::test]
async fn l2_poison_goes_back_alone() {
    let world = World::new(3);
    let good = event(1).canonical_json();
    let poison =
        [String::new(), "{".into(), good.replace("schema\":1", "schema\":9"), "x".repeat(5_000), format!(" {good}")];

    for poison in poison {
        let messages = [("good", good.clone()), ("poison", poison), ("also good", event(2).canonical_json())];
        assert_eq!(world.deliver(batch(messages)).await, ["poison"]);
    }
    world.assert_holds(&events([1, 2])).await;
}

#[tokio::test]
async fn l2_a_batch_of_ten_thousand_with_poison_in_it_is_written_but_for_the_poison() {
    let world = World::new(4);
    let mut batch = batch_of(0..10_000);
    for (place, record) in batch.records.iter_mut().enumerate().filter(|(place, _)| place % 1_000 == 7) {
        record.body = Some(format!("poison {place}"));
    }

    let failed = world.deliver(batch).await;

    assert_eq!(failed, (7..10_000).step_by(1_000).map(|number| format!("m-{number}")).collect::<Vec<_>>());
    world.assert_holds(&events((0..10_000).filter(|number| number % 1_000 != 7))).await;
}

#[tokio::test]
async fn l2_duplicates_and_reordering_change_nothing() {
    let world = World::new(3);

    for numbers in [[3, 1, 3], [2, 2, 1], [1, 3, 2]] {
        assert_eq!(world.deliver(batch_of(numbers)).await, [""; 0]);
    }

    world.assert_holds(&events([1, 2, 3])).await;
}

#[tokio::test]
async fn l2_what_is_known_adds_no_batch_to_the_log() {
    let world = World::new(3);
    world.deliver(batch_of(0..50)).await;
    let objects = world.object_names();

    world.deliver(batch_of((0..50).rev())).await;

    assert_eq!(world.object_names(), objects);
}

#[tokio::test]
async fn l2_the_first_event_of_an_id_counts_and_a_later_one_is_acknowledged() {
    let world = World::new(3);
    let repeated = Event { request_id: RequestId::from_transport("r-2"), ..event(1) };
    let message = |id, event: &Event| (id, event.canonical_json());

    let together = world.deliver(batch([message("first", &event(1)), message("repeated", &repeated)])).await;
    let later = world.deliver(batch([message("later", &Event { at: Timestamp::UNIX_EPOCH, ..event(1) })])).await;

    assert_eq!((together, later), (vec![], vec![]));
    world.assert_holds(&events([1])).await;
}

#[tokio::test(start_paused = true)]
async fn l2_redrive_is_idempotent() {
    for port in PORTS {
        let world = World::new(1);
        let observation = Observation::default();
        observation.faults.plan(port, 1, Fault::FailAfter(StoreErrorKind::Unavailable));
        let lost = world.observed_writer(&observation, 1).write(batch_of(0..5), world.deadline()).await;
        world.clock.advance(std::time::Duration::from_secs(31));

        // What is dead by now is delivered again, and again, and a third time by somebody who does not know of that.
        let dead: Vec<u32> = (0..5).filter(|number| failed(&lost).contains(&format!("m-{number}"))).collect();
        assert!(!dead.is_empty(), "{port}");
        for redrive in [&dead, &dead, &(0..5).collect()] {
            assert_eq!(world.deliver(batch_of(redrive.iter().copied())).await, [""; 0], "{port}");
        }

        world.assert_holds(&events(0..5)).await;
    }
}

#[tokio::test]
async fn a_store_without_an_answer_fails_every_message() {
    for kind in [StoreErrorKind::Corrupt, StoreErrorKind::Throttled, StoreErrorKind::Unavailable] {
        let world = World::new(1);
        let observation = Observation::default();
        observation.faults.plan("AppendBatch", 1, Fault::FailBefore(kind));
        let messages = batch([("a", event(1).canonical_json()), ("poison", "{}".into())]);

        let response = world.observed_writer(&observation, 1).write(messages, world.deadline()).await;

        assert_eq!(failed(&response), ["a", "poison"]);
        assert!(!world.is_indexed(&event(1)).await);
    }
}

#[tokio::test]
async fn a_shard_that_fails_takes_no_other_with_it() {
    let world = World::new(3);
    let observation = Observation::default();
    observation.faults.plan("AppendBatch", 2, Fault::FailBefore(StoreErrorKind::Unavailable));

    let response = world.observed_writer(&observation, 1).write(batch_of(0..30), world.deadline()).await;

    let lost: BTreeSet<String> = failed(&response).into_iter().collect();
    let logged: Vec<u32> = (0..30).filter(|number| !lost.contains(&format!("m-{number}"))).collect();
    assert!(lost.len() < 20 && logged.len() < 30, "{lost:?}");
    world.assert_holds(&events(logged)).await;
}

#[tokio::test]
async fn a_turn_is_seven_calls_of_the_store_and_the_objects_and_no_events_are_none() {
    let world = World::new(1);
    let observation = Observation::default();
    let writer = world.observed_writer(&observation, 1);

    writer.write(batch_of([1, 2, 2]), world.deadline()).await;
    writer.write(batch([("poison", "{}".into())]), world.deadline()).await;
    writer.write(SqsEvent::default(), world.deadline()).await;

    let trace = observation.recorder.take();
    let ports = ["LeaseShard", "RecogniseEvents", "SignHeaders", "KeepObjects", "AppendBatch"];
    assert_eq!(trace.ports(), [&ports[..], &["KeepObjects", "IndexEvents", "LeaseShard"]].concat());
    assert_eq!(trace.serial_waits(), 7);
}

#[tokio::test]
async fn a_failed_message_without_an_id_fails_the_whole_batch() {
    let messages = json!({"Records": [{"messageId": "a", "body": event(1).canonical_json()}, {"body": "{}"}]});
    let world = World::new(1);

    let response = world.writer().write(serde_json::from_value(messages).unwrap(), world.deadline()).await;

    assert_eq!(serde_json::to_value(&response).unwrap(), json!({"batchItemFailures": [{"itemIdentifier": ""}]}));
}

#[tokio::test]
async fn the_batch_of_a_journey_is_written() {
    let world = World::new(4);

    let response = world.writer().write(delivered(BATCH), world.deadline()).await;

    assert_eq!(serde_json::to_value(&response).unwrap(), json!({"batchItemFailures": []}));
    let mut logged: Vec<Event> = world.logged().into_values().map(|(event, _)| event).collect();
    logged.sort_by_key(|event| event.at);
    assert!(matches!(
        logged.iter().map(|event| event.outcome).collect::<Vec<_>>().as_slice(),
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
    assert_eq!(World::new(4).deliver(delivered(POISON)).await, ["059f36b4-87a3-44ab-83d2-661975830002"]);
}

#[tokio::test]
async fn the_batch_with_a_duplicate_has_no_failures() {
    assert_eq!(World::new(4).deliver(delivered(DUPLICATE)).await, [""; 0]);
}

/// Indexes all events but some.
#[derive(Debug)]
struct Forgetful {
    memory: MemoryStore,
    forgets: BTreeSet<EventId>,
}

impl IndexEvents for Forgetful {
    async fn index_events(&self, records: &[EventRecord]) -> Result<Vec<EventId>, StoreError> {
        let (forgotten, kept): (Vec<_>, Vec<_>) =
            records.iter().cloned().partition(|record| self.forgets.contains(&record.key.id));
        self.memory.index_events(&kept).await?;
        Ok(forgotten.iter().map(|record| record.key.id).collect())
    }
}

impl RecogniseEvents for Forgetful {
    async fn recognise_events(&self, keys: &BTreeSet<EventKey>) -> Result<BTreeSet<EventKey>, StoreError> {
        self.memory.recognise_events(keys).await
    }
}

impl LeaseShard for Forgetful {
    async fn lease_shard(&self, lease: &ShardLease, now: Timestamp, until: Timestamp) -> Result<Leasing, StoreError> {
        self.memory.lease_shard(lease, now, until).await
    }

    async fn release_shard(&self, lease: &ShardLease, settled: Option<u64>) -> Result<(), StoreError> {
        assert_eq!(settled.is_none(), self.forgets.iter().any(|id| audit_log::shard_of(*id, 3) == lease.shard));
        self.memory.release_shard(lease, settled).await
    }
}

impl AppendBatch for Forgetful {
    async fn append_batch(&self, lease: &ShardLease, head: &LogHead) -> Result<Append, StoreError> {
        self.memory.append_batch(lease, head).await
    }
}
