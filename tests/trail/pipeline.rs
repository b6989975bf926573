//! The way of the events, as it is deployed: the queue that delivers at least once and in any order, the drain, the writer, the
//! log, and the queue and the function of reconciliation. Each run of a function is a process of its own.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use audit::{Event, MemorySink, Recorder, SendError, SendEvents};
use audit_log::{KeepObjects, LogKey, MemoryObjects, ObjectError, ObjectKind, ObjectName, SignedHeader, open_batch};
use audit_writer::WriteAudit;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use countersign_tests::World;
use crypto::OutsideLambda;
use domain::{Clock, Entropy, EventId};
use drain_outbox::DrainAudit;
use jiff::Timestamp;
use keyring::BranchKeys;
use reconcile::Reconcile;
use serde_json::json;
use testkit::{Observation, SeededEntropy};
use tokio::time::timeout;

use crate::mortal::{Deaths, mortal};
use crate::operation::{Disturbance, below};

/// The way, and what is on it.
pub(crate) struct Pipeline {
    objects: MemoryObjects,
    key: LogKey,
    entropy: Arc<SeededEntropy>,
    /// Events that the queue has delivered for good, or holds.
    taken: BTreeSet<EventId>,
    queue: Vec<Message>,
    reconcile_sink: Arc<MemorySink>,
    forwarded: BTreeSet<EventId>,
    reconcile_queue: Vec<Message>,
    disturbed: bool,
    /// What came into the queue by reconciling.
    pub(crate) mended: BTreeSet<EventId>,
    pub(crate) deaths: Deaths,
}

/// A message that is not acknowledged yet.
#[derive(Clone)]
struct Message {
    event: Event,
    /// When it is delivered at the earliest.
    due: Timestamp,
}

impl Pipeline {
    pub(crate) fn new(seed: u64, disturbed: bool) -> Self {
        let outside = OutsideLambda::from_function_name(None).unwrap();
        Self {
            objects: MemoryObjects::default(),
            key: LogKey::ephemeral(outside).unwrap(),
            entropy: Arc::new(SeededEntropy::new(seed ^ 0xa11d)),
            taken: BTreeSet::new(),
            queue: Vec::new(),
            reconcile_sink: Arc::default(),
            forwarded: BTreeSet::new(),
            reconcile_queue: Vec::new(),
            disturbed,
            mended: BTreeSet::new(),
            deaths: Deaths::default(),
        }
    }

    /// The events of the log, in its order.
    pub(crate) fn log(&self) -> Vec<Event> {
        let objects = self.objects.objects();
        let headers = objects.iter().filter(|(name, _)| name.kind == ObjectKind::Header);
        let batches = headers.map(|(_, bytes)| {
            let header = SignedHeader::parse(bytes).unwrap();
            let payload = &objects[&header.header().payload_name()];
            open_batch(header.header(), payload).unwrap()
        });
        batches.flatten().collect()
    }

    /// Whether nothing is on the way.
    pub(crate) fn is_at_rest(&self, world: &World) -> bool {
        self.queue.is_empty()
            && self.reconcile_queue.is_empty()
            && world.sink.events().iter().all(|event| self.taken.contains(&event.id))
    }

    /// From here on nothing goes wrong on the way any more.
    pub(crate) fn calm_down(&mut self) {
        self.disturbed = false;
    }

    /// Moves everything that is due one step on.
    pub(crate) async fn pump(&mut self, world: &World) {
        self.drain(world).await;
        self.take(world);
        while let Some(batch) = self.next_batch(world) {
            self.write(world, batch).await;
            if self.disturbed {
                break;
            }
        }
        self.forward(world);
        self.reconcile(world).await;
        self.take(world);
    }

    async fn drain(&mut self, world: &World) {
        let drain = DrainAudit::new(world.store.clone(), world.observed_queue(), clock(world));
        let deadline = world.clock.now() + Duration::from_secs(50);
        let disturbance = self.disturb(world);
        let (drained, wakes) = mortal(disturbance.life, timeout(PATIENCE, drain.drain(deadline))).await;
        let drained = drained.and_then(Result::ok).map(|drained| drained.is_ok());
        assert!(self.disturbed || drained == Some(true));
        self.note("drain", drained, wakes);
    }

    /// Takes what was sent into the queue. Some of it is delivered late.
    fn take(&mut self, world: &World) {
        for event in world.sink.events() {
            if self.taken.insert(event.id) {
                let due = world.clock.now() + self.delay(&event);
                self.queue.push(Message { event, due });
            }
        }
    }

    /// A queue can be behind, though not for openings: what is lost of a lock after more than a lock's time is lost.
    fn delay(&self, event: &Event) -> Duration {
        if !self.disturbed || matches!(event.outcome, audit::Outcome::VerificationOpened { .. }) {
            return Duration::ZERO;
        }
        Duration::from_secs([0, 0, 0, 0, 30, 1_200][below(&self.entropy, 6)])
    }

    /// Messages that are due, in any order, some of them twice.
    fn next_batch(&mut self, world: &World) -> Option<Vec<Event>> {
        let now = world.clock.now();
        let mut batch: Vec<Event> =
            self.queue.iter().filter(|message| message.due <= now).map(|message| message.event.clone()).collect();
        if batch.is_empty() {
            return None;
        }
        if self.disturbed {
            for position in (1..batch.len()).rev() {
                batch.swap(position, below(&self.entropy, u32::try_from(position).unwrap() + 1));
            }
            let again = batch[below(&self.entropy, u32::try_from(batch.len()).unwrap())].clone();
            batch.push(again);
        }
        Some(batch)
    }

    async fn write(&mut self, world: &World, batch: Vec<Event>) {
        let observation = world.store.observation().clone();
        let writer = WriteAudit::new(audit_writer::Ports {
            store: world.store.clone(),
            objects: ObservedObjects { inner: self.objects.clone(), observation: observation.clone() },
            key: self.key.clone(),
            reconcile: ReconcileQueue { inner: Arc::clone(&self.reconcile_sink), observation },
            shards: SHARDS,
            clock: clock(world),
            entropy: Arc::clone(&self.entropy) as Arc<dyn Entropy>,
        });
        // Another writer's lease has always run out.
        world.clock.advance(Duration::from_secs(31));
        let deadline = world.clock.now() + Duration::from_secs(11);
        let disturbance = self.disturb(world);
        let (response, wakes) = mortal(disturbance.life, writer.write(delivered(&batch), deadline)).await;
        self.note("writer", response.as_ref().map(is_complete), wakes);
        // Some of what was acknowledged is delivered once more.
        let again = self.disturbed && below(&self.entropy, 4) == 0;
        if let Some(response) = response.filter(|_| !again) {
            let failed = failed(&response);
            let written = batch.iter().map(|event| event.id).filter(|id| !failed.contains(id));
            let written: BTreeSet<EventId> = written.collect();
            assert!(self.disturbed || failed.is_empty());
            self.queue.retain(|message| !written.contains(&message.event.id));
        }
    }

    /// Takes what the writer handed over into the reconcile queue, which delivers it after ten minutes.
    fn forward(&mut self, world: &World) {
        for event in self.reconcile_sink.events() {
            if self.forwarded.insert(event.id) {
                self.reconcile_queue.push(Message { event, due: world.clock.now() + RECONCILE_DELAY });
            }
        }
    }

    async fn reconcile(&mut self, world: &World) {
        let now = world.clock.now();
        let mut due: Vec<Event> = self
            .reconcile_queue
            .iter()
            .filter(|message| message.due <= now)
            .map(|message| message.event.clone())
            .collect();
        if due.is_empty() {
            return;
        }
        due.truncate(10);
        let before: BTreeSet<EventId> = world.sink.events().iter().map(|event| event.id).collect();
        let reconcile = Reconcile::new(reconcile::Ports {
            store: world.store.clone(),
            index: world.store.clone(),
            keys: BranchKeys::new(world.store.clone(), world.keys.clone(), clock(world)),
            audit: Recorder::new(world.observed_queue(), world.store.clone(), clock(world)),
            clock: clock(world),
        });
        let disturbance = self.disturb(world);
        let (response, wakes) = mortal(disturbance.life, timeout(PATIENCE, reconcile.reconcile(delivered(&due)))).await;
        let response = response.and_then(Result::ok);
        self.note("reconcile", response.as_ref().map(is_complete), wakes);
        let after = world.sink.events();
        self.mended.extend(after.iter().map(|event| event.id).filter(|id| !before.contains(id)));
        let again = self.disturbed && below(&self.entropy, 4) == 0;
        if let Some(response) = response.filter(|_| !again) {
            let failed = failed(&response);
            let due: BTreeSet<EventId> = due.iter().map(|event| event.id).collect();
            assert!(self.disturbed || failed.is_empty(), "{failed:?}");
            self.reconcile_queue
                .retain(|message| !due.contains(&message.event.id) || failed.contains(&message.event.id));
        }
    }

    fn disturb(&self, world: &World) -> Disturbance {
        if !self.disturbed {
            return Disturbance::default();
        }
        let disturbance = Disturbance::on_the_way(&self.entropy);
        if let Some((port, nth, fault)) = disturbance.fault {
            world.store.faults().plan(port, nth, fault);
        }
        disturbance
    }

    /// `None`: it died. `Some(false)`: it did not get through.
    fn note(&mut self, doing: &'static str, ended: Option<bool>, wakes: u32) {
        let deaths = match ended {
            None => Deaths::of(doing, wakes),
            Some(true) if !self.disturbed => Deaths::undisturbed(doing, wakes.min(MOST_WAKES)),
            Some(_) => return,
        };
        self.deaths = std::mem::take(&mut self.deaths).and(deaths);
    }
}

/// The log's objects, observed with everything else.
struct ObservedObjects {
    inner: MemoryObjects,
    observation: Observation,
}

impl KeepObjects for ObservedObjects {
    async fn put_object(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), ObjectError> {
        let fail = |_| ObjectError::unavailable("planned by the test");
        self.observation.run("PutObject", 0, self.inner.put_object(name, bytes), fail).await
    }

    async fn read_object(&self, name: &ObjectName) -> Result<Option<Vec<u8>>, ObjectError> {
        let fail = |_| ObjectError::unavailable("planned by the test");
        self.observation.run("ReadObject", 0, self.inner.read_object(name), fail).await
    }
}

/// The reconcile queue's entrance.
struct ReconcileQueue {
    inner: Arc<MemorySink>,
    observation: Observation,
}

impl SendEvents for ReconcileQueue {
    async fn send_events(&self, events: &[Event]) -> Result<Vec<EventId>, SendError> {
        let fail = |_| SendError::new("planned by the test");
        self.observation.run("Forward", 0, self.inner.send_events(events), fail).await
    }
}

fn clock(world: &World) -> Arc<dyn Clock> {
    Arc::clone(&world.clock) as Arc<dyn Clock>
}

/// A batch as SQS delivers it; a message's id is its event's.
fn delivered(events: &[Event]) -> SqsEvent {
    let message = |event: &Event| json!({ "messageId": event.id.to_string(), "body": event.canonical_json() });
    serde_json::from_value(json!({ "Records": events.iter().map(message).collect::<Vec<_>>() })).unwrap()
}

fn failed(response: &SqsBatchResponse) -> BTreeSet<EventId> {
    response.batch_item_failures.iter().map(|failure| failure.item_identifier.parse().unwrap()).collect()
}

fn is_complete(response: &SqsBatchResponse) -> bool {
    response.batch_item_failures.is_empty()
}

const SHARDS: u16 = 2;

/// How long a run is depends on how much there is to do; it does every kind of work by then.
const MOST_WAKES: u32 = 11;

/// After which Lambda ends a run.
const PATIENCE: Duration = Duration::from_secs(60);

/// The delay of the reconcile queue.
const RECONCILE_DELAY: Duration = Duration::from_secs(600);
