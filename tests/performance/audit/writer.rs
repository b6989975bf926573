//! The writer, without the stores and with them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use audit::{About, Event, Outcome, SealedPersonalData, SendError, SendEvents, Subject};
use audit_log::{
    FolderObjects, KeepObjects, LogKey, LogKeys, NewBatch, ObjectError, ObjectName, seal_batch, verify_log,
};
use audit_writer::{Ports, WriteAudit};
use aws_lambda_events::sqs::SqsEvent;
use countersign_tests::Embedded;
use crypto::{OsEntropy, OutsideLambda};
use domain::{
    Acr, EventId, FactorSet, FactorType, RequestId, Sealed, SessionId, SystemClock, TenantId, TransactionHash,
    VerificationId,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{
    Append, AppendBatch, EventKey, EventRecord, IndexEvents, LeaseShard, Leasing, LogHead, RecogniseEvents, ShardLease,
    StoreError,
};
use tokio::runtime::{Builder, Runtime};

use crate::{cpu_seconds, cpu_seconds_of, timed};

/// Median of what the writer computes for an event, and of its parts.
pub(crate) fn own_work(runtime: &Runtime) -> Value {
    let write = writer(NoStore::default(), NoObjects);
    let mut rows: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for batch in 0..REPEATS {
        let text = invocation(batch);
        let mut row = |name, work: &mut dyn FnMut()| {
            let before = cpu_seconds();
            work();
            rows.entry(name).or_default().push(f64::from(BATCH) / (cpu_seconds() - before));
        };
        let mut parsed = None;
        row("the invocation's JSON parsed", &mut || parsed = Some(serde_json::from_str::<SqsEvent>(&text).unwrap()));
        let event = parsed.unwrap();
        let copy = event.clone();
        row("events parsed and held to their canonical form", &mut || {
            for message in &event.records {
                Event::parse(message.body.as_ref().unwrap().as_bytes()).unwrap();
            }
        });
        let payloads: Vec<Vec<u8>> = event.records.into_iter().map(|it| it.body.unwrap().into_bytes()).collect();
        let key = key();
        row("Merkle tree, header and signature", &mut || {
            let batch = NewBatch { shard: 0, shards: 4, at: Timestamp::UNIX_EPOCH, payloads: &payloads };
            runtime.block_on(seal_batch(batch, &LogHead::default(), &key)).unwrap();
        });
        row("the whole of a batch", &mut || {
            let response = runtime.block_on(write.write(copy.clone(), Timestamp::MAX));
            assert!(response.batch_item_failures.is_empty());
        });
    }
    rows.into_iter().map(|(name, rates)| (name.to_owned(), json!(median(rates)))).collect()
}

/// Whole batches, as fast as they go, into a folder and the embedded DynamoDB, whose threads are its own.
pub(crate) fn end_to_end(runtime: &Runtime) -> Value {
    let engine = Builder::new_multi_thread().worker_threads(1).thread_name(ENGINE).enable_all().build().unwrap();
    let tables = engine.block_on(engine.spawn(Embedded::start())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let log = FolderObjects::new(folder.path());
    let key = key();
    let keys = LogKeys::of([key.verifying_key().clone()]);
    let write = WriteAudit::new(Ports { key, ..ports(tables.store.clone(), log.clone()) });
    let batches: Vec<SqsEvent> =
        (0..END_TO_END_BATCHES).map(|batch| serde_json::from_str(&invocation(batch)).unwrap()).collect();
    let before = [cpu_seconds(), cpu_seconds_of(ENGINE)];
    let ((), took) = runtime.block_on(timed(async {
        for batch in batches {
            let response = write.write(batch, Timestamp::MAX).await;
            assert!(response.batch_item_failures.is_empty());
        }
    }));
    let [writer_cpu, engine_cpu] = [cpu_seconds() - before[0], cpu_seconds_of(ENGINE) - before[1]];
    let report = verify_log(&log, &keys, &[], &mut |_| {}).unwrap();
    let events = f64::from(BATCH * END_TO_END_BATCHES);
    let logged: u64 = report.shards.iter().map(|shard| shard.events).sum();
    assert_eq!(logged, u64::from(BATCH * END_TO_END_BATCHES));
    json!({
        "events_per_second": events / took.as_secs_f64(),
        "writer_cpu_microseconds": writer_cpu * 1e6 / events,
        "engine_cpu_microseconds": engine_cpu * 1e6 / events,
        "batches": END_TO_END_BATCHES,
        "events_per_batch": BATCH,
    })
}

/// The length of an event's canonical bytes, on average.
pub(crate) fn bytes_per_event() -> usize {
    (0..300).map(|number| event(number).canonical_json().len()).sum::<usize>() / 300
}

fn writer<S, O>(store: S, objects: O) -> WriteAudit<S, O, LogKey, NoQueue>
where
    S: audit_writer::LogStore,
    O: KeepObjects,
{
    WriteAudit::new(ports(store, objects))
}

fn ports<S, O>(store: S, objects: O) -> Ports<S, O, LogKey, NoQueue> {
    Ports {
        store,
        objects,
        key: key(),
        reconcile: NoQueue,
        shards: 4,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
    }
}

fn key() -> LogKey {
    LogKey::ephemeral(OutsideLambda::from_function_name(None).unwrap()).unwrap()
}

/// A batch as the event source mapping hands it over.
fn invocation(batch: u32) -> String {
    let records = (batch * BATCH..(batch + 1) * BATCH).map(|number| {
        json!({
            "messageId": event(number).id.to_string(),
            "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a".repeat(8),
            "body": event(number).canonical_json(),
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1793491200000",
                "SenderId": "AROAIENQZJOLO23YVJ4VO:countersign-verify",
                "ApproximateFirstReceiveTimestamp": "1793491200050",
            },
            "messageAttributes": {},
            "md5OfBody": "8f453864b7424f072ee14bd82fa7db73",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:countersign-audit",
            "awsRegion": "eu-central-1",
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() }).to_string()
}

/// The events of verifications that succeed: opened with a sealed address, succeeded, and the session revoked later.
fn event(number: u32) -> Event {
    let [.., high, middle, low] = number.to_be_bytes();
    let at = Timestamp::from_millisecond(1_793_491_200_123 + i64::from(number)).unwrap();
    let verification = VerificationId::from_keyed_bytes([low; 16]);
    let session = SessionId::from_keyed_bytes([middle; 16]);
    let outcome = match number % 3 {
        0 => Outcome::VerificationOpened {
            asked: FactorSet::of([FactorType::Pin, FactorType::Nfc]).unwrap(),
            transaction: Some(TransactionHash::new([low; 32])),
            verification,
        },
        1 => Outcome::VerificationSucceeded { acr: Acr::TwoCategories, session, verification },
        _ => Outcome::SessionRevoked { session },
    };
    let personal = number.is_multiple_of(3).then(|| SealedPersonalData::new(Sealed::new(vec![low; 60])));
    Event {
        id: EventId::at(at, &[high, middle, low, 7, 7, 7, 7, 7, 7, 7]),
        about: About::Person { tenant: TenantId::from_keyed_bytes([1; 16]), subject: Subject::new([low; 16]) },
        at,
        request_id: RequestId::from_transport("JKJaXmPLvHcESHA="),
        outcome,
        personal,
    }
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    *rates.get(rates.len() / 2).unwrap()
}

/// Keeps heads and nothing else.
#[derive(Debug, Default)]
struct NoStore(Mutex<BTreeMap<u16, LogHead>>);

impl LeaseShard for NoStore {
    async fn lease_shard(&self, lease: &ShardLease, _: Timestamp, _: Timestamp) -> Result<Leasing, StoreError> {
        Ok(Leasing::Leased(self.0.lock().unwrap().get(&lease.shard).cloned().unwrap_or_default()))
    }

    async fn release_shard(&self, lease: &ShardLease, _: Option<u64>) -> Result<(), StoreError> {
        self.0.lock().unwrap().entry(lease.shard).or_default().is_settled = true;
        Ok(())
    }
}

impl AppendBatch for NoStore {
    async fn append_batch(&self, lease: &ShardLease, head: &LogHead) -> Result<Append, StoreError> {
        self.0.lock().unwrap().insert(lease.shard, head.clone());
        Ok(Append::Appended)
    }
}

impl RecogniseEvents for NoStore {
    async fn recognise_events(&self, _: &BTreeSet<EventKey>) -> Result<BTreeSet<EventKey>, StoreError> {
        Ok(BTreeSet::new())
    }
}

impl IndexEvents for NoStore {
    async fn index_events(&self, records: &[EventRecord]) -> Result<Vec<EventId>, StoreError> {
        std::hint::black_box(records);
        Ok(Vec::new())
    }
}

#[derive(Debug, Clone, Copy)]
struct NoObjects;

impl KeepObjects for NoObjects {
    async fn put_object(&self, _: &ObjectName, bytes: &[u8]) -> Result<(), ObjectError> {
        std::hint::black_box(bytes);
        Ok(())
    }

    async fn read_object(&self, _: &ObjectName) -> Result<Option<Vec<u8>>, ObjectError> {
        Ok(None)
    }
}

#[derive(Debug, Clone, Copy)]
struct NoQueue;

impl SendEvents for NoQueue {
    async fn send_events(&self, events: &[Event]) -> Result<Vec<EventId>, SendError> {
        std::hint::black_box(events);
        Ok(Vec::new())
    }
}

/// About as many as 6 MB hold, the most that Lambda takes.
const BATCH: u32 = 5_000;

const REPEATS: u32 = 15;

const END_TO_END_BATCHES: u32 = 6;

const ENGINE: &str = "engine";
