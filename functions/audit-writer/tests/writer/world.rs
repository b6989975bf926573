//! A log in memory, the writers that append to it, and a look at all that is left of their work.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use audit::{About, Event, MemorySink, Outcome, SendError, SendEvents, Subject};
use audit_log::{
    KeepObjects, LogKey, LogKeys, MemoryObjects, ObjectError, ObjectKind, ObjectName, SignHeaders, SignedHeader,
    open_batch, verify_log,
};
use audit_writer::{Ports, WriteAudit};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use crypto::KeyError;
use domain::{Clock, EventId, FactorSet, FactorType, KeyId, RequestId, SessionId, TenantId, VerificationId};
use jiff::Timestamp;
use serde_json::json;
use store::{EventKey, EventQuery, FindEvents, FindLogHeads, LogHead, LogPosition, RecogniseEvents};
use testkit::{FaultStore, FixedClock, MemoryStore, Observation, RecordingStore, SeededEntropy};

/// Everything that outlives a writer.
pub(crate) struct World {
    pub(crate) memory: MemoryStore,
    pub(crate) objects: MemoryObjects,
    pub(crate) reconcile: Arc<MemorySink>,
    pub(crate) clock: Arc<FixedClock>,
    /// What a failure says besides.
    pub(crate) note: String,
    key: LogKey,
    shards: u16,
    writers: AtomicU64,
}

/// The store, the objects, the key and the queue of one writer, all under one observation.
pub(crate) type Writer = WriteAudit<FaultStore, Observed<MemoryObjects>, Observed<LogKey>, Observed<Arc<MemorySink>>>;

impl World {
    pub(crate) fn new(shards: u16) -> Self {
        Self {
            memory: MemoryStore::new(),
            objects: MemoryObjects::default(),
            reconcile: Arc::default(),
            clock: Arc::default(),
            note: String::new(),
            key: LogKey::ephemeral(config::outside_lambda().unwrap()).unwrap(),
            shards,
            writers: AtomicU64::new(1_000),
        }
    }

    /// A writer that nothing happens to. No two of them name their turns alike.
    pub(crate) fn writer(&self) -> Writer {
        self.observed_writer(&Observation::default(), self.writers.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn observed_writer(&self, observation: &Observation, seed: u64) -> Writer {
        WriteAudit::new(Ports {
            store: RecordingStore::observed_by(self.memory.clone(), observation.clone()),
            objects: Observed { inner: self.objects.clone(), observation: observation.clone() },
            key: Observed { inner: self.key.clone(), observation: observation.clone() },
            reconcile: Observed { inner: Arc::clone(&self.reconcile), observation: observation.clone() },
            shards: self.shards,
            clock: self.clock.clone(),
            entropy: Arc::new(SeededEntropy::new(seed)),
        })
    }

    /// A minute from now, which is how long an invocation has.
    pub(crate) fn deadline(&self) -> Timestamp {
        self.clock.now() + Duration::from_secs(60)
    }

    /// Delivers a batch to a writer that nothing happens to. Gives the ids of the failed messages.
    pub(crate) async fn deliver(&self, batch: SqsEvent) -> Vec<String> {
        failed(&self.writer().write(batch, self.deadline()).await)
    }

    /// Every event of the log by its id, with its position. Fails if one is there twice.
    pub(crate) fn logged(&self) -> BTreeMap<EventId, (Event, LogPosition)> {
        let mut logged = BTreeMap::new();
        for header in self.headers() {
            let header = header.header();
            let payload = self.objects.objects().get(&header.payload_name()).cloned().unwrap();
            for (index, event) in (0..).zip(open_batch(header, &payload).unwrap()) {
                let position = LogPosition { shard: header.shard, batch: header.batch, index };
                let before = logged.insert(event.id, (event.clone(), position));
                assert_eq!(before, None, "{}: {} is in the log twice", self.note, event.id);
            }
        }
        logged
    }

    fn headers(&self) -> Vec<SignedHeader> {
        let objects = self.objects.objects();
        let headers = objects.iter().filter(|(name, _)| name.kind == ObjectKind::Header);
        headers.map(|(_, bytes)| SignedHeader::parse(bytes).unwrap()).collect()
    }

    pub(crate) async fn heads(&self) -> Vec<(u16, LogHead)> {
        self.memory.find_log_heads(self.shards).await.unwrap()
    }

    /// Fails unless the log has exactly these events, each once, and verifies to the heads; the index has them at the same positions;
    /// and the reconcile queue knows of the opened verifications.
    pub(crate) async fn assert_holds(&self, events: &[Event]) {
        let logged = self.logged();
        let expected: BTreeMap<_, _> = events.iter().map(|event| (event.id, event.clone())).collect();
        assert_eq!(
            logged.iter().map(|(id, (event, _))| (*id, event.clone())).collect::<BTreeMap<_, _>>(),
            expected,
            "{}",
            self.note
        );

        let heads = self.heads().await;
        let checkpoints: Vec<_> = heads.iter().map(|(_, head)| SignedHeader::parse(&head.header).unwrap()).collect();
        let keys = LogKeys::of([self.key.verifying_key().clone()]);
        let report = verify_log(&self.objects, &keys, &checkpoints, &mut |_| {}).unwrap();
        assert_eq!(report.shards.iter().map(|shard| shard.events).sum::<u64>(), events.len() as u64, "{}", self.note);
        assert_eq!(report.foreign, Vec::<String>::new(), "{}", self.note);

        let indexed = self.indexed().await;
        let positions: BTreeMap<EventKey, LogPosition> =
            logged.values().map(|(event, position)| (event.key(), *position)).collect();
        assert_eq!(indexed, positions, "{}", self.note);

        let opened = |event: &&Event| matches!(event.outcome, Outcome::VerificationOpened { .. });
        let forwarded = self.reconcile.events();
        assert!(
            events.iter().filter(opened).all(|event| forwarded.iter().any(|sent| sent.id == event.id)),
            "{}",
            self.note
        );
    }

    async fn indexed(&self) -> BTreeMap<EventKey, LogPosition> {
        let all = EventQuery {
            tenant: TenantId::from_keyed_bytes([100; 16]),
            subject: None,
            from: Timestamp::UNIX_EPOCH,
            until: Timestamp::MAX,
            after: None,
            limit: u16::MAX,
        };
        let page = self.memory.find_events(&all).await.unwrap();
        page.records.into_iter().map(|record| (record.key, record.position)).collect()
    }

    /// Whether no head waits for a writer to finish the work of a dead one.
    pub(crate) async fn is_settled(&self) -> bool {
        self.heads().await.iter().all(|(_, head)| head.is_settled)
    }

    pub(crate) async fn is_indexed(&self, event: &Event) -> bool {
        !self.memory.recognise_events(&[event.key()].into()).await.unwrap().is_empty()
    }

    /// The names of the objects that there are.
    pub(crate) fn object_names(&self) -> Vec<ObjectName> {
        self.objects.objects().keys().copied().collect()
    }
}

/// A fake whose calls are recorded and struck together with those of a store.
#[derive(Debug, Clone)]
pub(crate) struct Observed<T> {
    inner: T,
    observation: Observation,
}

impl<T: KeepObjects> KeepObjects for Observed<T> {
    async fn put_object(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), ObjectError> {
        let put = self.inner.put_object(name, bytes);
        self.observation.run("KeepObjects", 0, put, |_| ObjectError::unavailable("planned by the test")).await
    }

    async fn read_object(&self, name: &ObjectName) -> Result<Option<Vec<u8>>, ObjectError> {
        let read = self.inner.read_object(name);
        self.observation.run("KeepObjects", 0, read, |_| ObjectError::unavailable("planned by the test")).await
    }
}

impl<T: SignHeaders> SignHeaders for Observed<T> {
    fn key_id(&self) -> &KeyId {
        self.inner.key_id()
    }

    async fn sign_header(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        let signing = self.inner.sign_header(message);
        self.observation.run("SignHeaders", 0, signing, |_| KeyError::unavailable("planned by the test")).await
    }
}

impl<T: SendEvents> SendEvents for Observed<T> {
    async fn send_events(&self, events: &[Event]) -> Result<Vec<EventId>, SendError> {
        let sending = self.inner.send_events(events);
        self.observation.run("SendEvents", 0, sending, |_| SendError::new("planned by the test")).await
    }
}

/// The ports of a writer, as faults are planned for them.
pub(crate) const PORTS: [&str; 7] =
    ["LeaseShard", "RecogniseEvents", "KeepObjects", "SignHeaders", "AppendBatch", "IndexEvents", "SendEvents"];

/// One of many events. Every third one opens a verification.
pub(crate) fn event(number: u32) -> Event {
    let mut random = [0; 10];
    random.iter_mut().zip(number.to_be_bytes()).for_each(|(target, byte)| *target = byte);
    let at = Timestamp::from_second(1_793_491_200 + i64::from(number)).unwrap();
    let mut subject = [0; 16];
    subject.iter_mut().zip((number % 5 + 1).to_be_bytes()).for_each(|(target, byte)| *target = byte);
    let verification = VerificationId::from_keyed_bytes(subject);
    Event {
        id: EventId::at(at, &random),
        about: About::Person { tenant: TenantId::from_keyed_bytes([100; 16]), subject: Subject::new(subject) },
        at,
        request_id: RequestId::from_transport("r-1"),
        outcome: match number % 3 {
            0 => Outcome::VerificationOpened {
                asked: FactorSet::of([FactorType::Pin, FactorType::Nfc]).unwrap(),
                transaction: None,
                verification,
            },
            1 => Outcome::AttemptWrong { attempts_remaining: 2, verification },
            _ => Outcome::SessionRevoked { session: SessionId::from_keyed_bytes(subject) },
        },
        personal: None,
    }
}

pub(crate) fn events(numbers: impl IntoIterator<Item = u32>) -> Vec<Event> {
    numbers.into_iter().map(event).collect()
}

/// A batch of messages with these ids and bodies.
pub(crate) fn batch<I: AsRef<str>>(messages: impl IntoIterator<Item = (I, String)>) -> SqsEvent {
    let records: Vec<_> =
        messages.into_iter().map(|(id, body)| json!({"messageId": id.as_ref(), "body": body})).collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

/// A batch of events, each in a message `m-<number>`.
pub(crate) fn batch_of(numbers: impl IntoIterator<Item = u32>) -> SqsEvent {
    batch(numbers.into_iter().map(|number| (format!("m-{number}"), event(number).canonical_json())))
}

pub(crate) fn failed(response: &SqsBatchResponse) -> Vec<String> {
    response.batch_item_failures.iter().map(|failure| failure.item_identifier.clone()).collect()
}

/// Polls the future so often and then drops it, as if its process died. Gives its output if it ended before.
pub(crate) async fn dies_after<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        let poll = poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
        if let Poll::Ready(output) = poll {
            return Some(output);
        }
    }
    None
}
