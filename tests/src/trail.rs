//! The audit trail of a World: what is in the log once everything that was recorded has got there.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use audit::{Event, MemorySink, Outcome, Recorder};
use audit_log::{
    EventProof, Listed, LogKey, LogKeys, MemoryObjects, ObjectKind, ReadLog, Report, SignedHeader, open_batch,
    prove_event, verify_log,
};
use audit_writer::WriteAudit;
use crypto::OutsideLambda;
use domain::{Clock, EventId};
use drain_outbox::DrainAudit;
use keyring::BranchKeys;
use publish_checkpoints::PublishHeads;
use reconcile::Reconcile;
use serde_json::{Value, json};
use testkit::SeededEntropy;

use crate::{Ports, World};

/// The log of a World, with its key.
#[derive(Debug)]
pub struct Log {
    /// Its payloads and headers.
    pub objects: MemoryObjects,
    /// Its heads, as they were published.
    pub checkpoints: Checkpoints,
    key: LogKey,
}

/// A second place for the log's heads, in memory.
#[derive(Debug, Clone, Default)]
pub struct Checkpoints(pub MemoryObjects);

impl audit_log::PublishCheckpoint for Checkpoints {
    async fn publish_checkpoint(&self, header: &SignedHeader) -> Result<(), audit_log::NotPublished> {
        use audit_log::KeepObjects;
        let (name, bytes) = (header.header().header_name(), header.to_bytes());
        self.0.put_object(&name, &bytes).await.map_err(audit_log::NotPublished::new)
    }
}

impl Log {
    pub(crate) fn new(outside: OutsideLambda) -> Self {
        Self::signed_with(LogKey::ephemeral(outside).unwrap())
    }

    /// An empty log with this one's key.
    pub(crate) fn another(&self) -> Self {
        Self::signed_with(self.key.clone())
    }

    fn signed_with(key: LogKey) -> Self {
        Self { objects: MemoryObjects::default(), checkpoints: Checkpoints::default(), key }
    }

    /// The events, in the order of their time and id.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for listed in self.objects.list().unwrap() {
            let Listed::Object { name, .. } = listed else { continue };
            if name.kind == ObjectKind::Header {
                let header = SignedHeader::parse(&self.objects.read(&name, u64::MAX).unwrap().unwrap()).unwrap();
                let payload = self.objects.read(&header.header().payload_name(), u64::MAX).unwrap().unwrap();
                events.extend(open_batch(header.header(), &payload).unwrap());
            }
        }
        events.sort_by_key(|event| (event.at, event.id));
        events
    }

    /// What whoever checks the log trusts.
    #[must_use]
    pub fn keys(&self) -> LogKeys {
        LogKeys::of([self.key.verifying_key().clone()])
    }

    /// That an event is in the log.
    #[must_use]
    pub fn proof(&self, id: EventId) -> EventProof {
        prove_event(&self.objects, &self.keys(), id, &[]).unwrap()
    }

    /// What whoever has the public key finds.
    #[must_use]
    pub fn verified(&self) -> Report {
        let keys = self.keys();
        let objects = self.checkpoints.0.objects();
        let checkpoints: Vec<_> = objects.values().map(|bytes| SignedHeader::parse(bytes).unwrap()).collect();
        verify_log(&self.objects, &keys, &checkpoints, &mut |_| {}).unwrap()
    }
}

impl<S: Ports> World<S> {
    /// Brings everything that was recorded into the log, as the drain and the writer do, and gives the log's events. Nobody observes
    /// it.
    pub async fn trail(&self) -> Vec<Event> {
        let soon = self.clock.now() + Duration::from_secs(60);
        let clock = || Arc::clone(&self.clock) as Arc<dyn Clock>;
        DrainAudit::new(self.tables.clone(), Arc::clone(&self.sink), clock()).drain(soon).await.unwrap();
        let writer = WriteAudit::new(audit_writer::Ports {
            store: self.tables.clone(),
            objects: self.log.objects.clone(),
            key: self.log.key.clone(),
            reconcile: MemorySink::default(),
            shards: SHARDS,
            clock: clock(),
            entropy: Arc::new(SeededEntropy::new(7)),
        });
        let logged: BTreeSet<EventId> = self.log.events().iter().map(|event| event.id).collect();
        let new: Vec<Event> = self.sink.events().into_iter().filter(|event| !logged.contains(&event.id)).collect();
        let answer = writer.write(serde_json::from_value(delivered(&new)).unwrap(), soon).await;
        assert!(answer.batch_item_failures.is_empty(), "{answer:?}");
        let heads = PublishHeads::new(self.tables.clone(), self.log.checkpoints.clone(), SHARDS);
        heads.publish().await.unwrap();
        self.log.events()
    }

    /// The trail after every verification that it knows of was reconciled, which has to be over by now.
    pub async fn reconciled_trail(&self) -> Vec<Event> {
        let clock = || Arc::clone(&self.clock) as Arc<dyn Clock>;
        let reconcile = Reconcile::new(reconcile::Ports {
            store: self.tables.clone(),
            index: self.tables.clone(),
            keys: BranchKeys::new(self.tables.clone(), self.keys.unobserved(), clock()),
            audit: Recorder::new(Arc::clone(&self.sink), self.tables.clone(), clock()),
            clock: clock(),
        });
        let mut trail = self.trail().await;
        trail.retain(|event| matches!(event.outcome, Outcome::VerificationOpened { .. }));
        let answer = reconcile.reconcile(serde_json::from_value(delivered(&trail)).unwrap()).await;
        assert!(answer.batch_item_failures.is_empty(), "{answer:?}");
        self.trail().await
    }
}

/// A batch as SQS delivers it.
fn delivered(events: &[Event]) -> Value {
    let message = |event: &Event| json!({ "messageId": event.id.to_string(), "body": event.canonical_json() });
    json!({ "Records": events.iter().map(message).collect::<Vec<_>>() })
}

const SHARDS: u16 = 4;
