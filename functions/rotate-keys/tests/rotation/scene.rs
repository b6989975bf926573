//! A store with keys, and a function that rotates them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use audit::{Event, MemorySink, Outcome};
use crypto::{DevelopmentKey, OutsideLambda};
use domain::{Clock, Entropy, EventId, RequestId, TenantId};
use jiff::Timestamp;
use keyring::{create_branch_key, create_signing_key};
use rotate_keys::{Ports, RotateError, RotateKeys, Rotated, Run, Task};
use store::{
    KeyRetirement, ListSigningKeys, OutboxEvent, RetireSigningKey, SigningKeyRecord, StoreError, StoreErrorKind,
};
use testkit::{FixedClock, MemoryStore, RecordingStore, SeededEntropy};

pub(crate) type Store = RecordingStore<MemoryStore>;

pub(crate) struct Scene {
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) store: Store,
    pub(crate) key: DevelopmentKey,
    pub(crate) sink: Arc<MemorySink>,
    entropy: Arc<SeededEntropy>,
    rotate: RotateKeys<Store, DevelopmentKey, Arc<MemorySink>>,
}

impl Scene {
    /// A signing key, and two tenants.
    pub(crate) async fn new() -> Self {
        let scene = Self::without_tenants();
        create_signing_key(&scene.store, &scene.key, &*scene.clock).await.unwrap();
        for number in 1..=2 {
            create_branch_key(&scene.store, &scene.key, tenant(number), (&*scene.clock, scene.entropy()))
                .await
                .unwrap();
        }
        scene
    }

    /// A stack as it is deployed.
    pub(crate) fn without_tenants() -> Self {
        let outside = OutsideLambda::from_function_name(None).unwrap();
        let key = DevelopmentKey::ephemeral(&SeededEntropy::new(1), outside).unwrap();
        let (clock, store) = (Arc::<FixedClock>::default(), Store::new(MemoryStore::new()));
        let (sink, entropy) = (Arc::<MemorySink>::default(), Arc::new(SeededEntropy::new(2)));
        let rotate = RotateKeys::new(Ports {
            store: store.clone(),
            wrap: key.clone(),
            audit: Arc::clone(&sink),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            entropy: Arc::clone(&entropy) as Arc<dyn Entropy>,
        });
        Self { clock, store, key, sink, entropy, rotate }
    }

    pub(crate) async fn run(&self, task: Task) -> Result<Rotated, RotateError> {
        self.run_until(task, Timestamp::MAX).await
    }

    pub(crate) async fn run_until(&self, task: Task, deadline: Timestamp) -> Result<Rotated, RotateError> {
        self.rotate.rotate(task, Run { request_id: &RequestId::from_transport("run"), deadline }).await
    }

    pub(crate) async fn due(&self) -> Rotated {
        self.run(Task::Due).await.unwrap()
    }

    pub(crate) async fn answer(&self, json: &str) -> Result<Rotated, RotateError> {
        let run = Run { request_id: &RequestId::from_transport("run"), deadline: Timestamp::MAX };
        self.rotate.answer(json, run).await
    }

    pub(crate) async fn signing_keys(&self) -> Vec<SigningKeyRecord> {
        self.store.list_signing_keys().await.unwrap()
    }

    /// The signing keys retire now, and nothing follows them: what two emergencies at the same moment come to.
    pub(crate) async fn retire_all(&self) {
        let at = self.clock.now();
        for SigningKeyRecord { id: key, retires_at: known, .. } in self.signing_keys().await {
            let event = OutboxEvent { id: EventId::at(at, &self.entropy().array().unwrap()), payload: Vec::new() };
            let retirement = KeyRetirement { key, known, retires_at: at, successor: None };
            assert!(self.store.retire_signing_key(&retirement, &event).await.unwrap());
        }
    }

    /// Events that were sent.
    pub(crate) fn told(&self) -> Vec<Event> {
        self.sink.events()
    }

    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        self.told().into_iter().map(|event| event.outcome).collect()
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        &*self.entropy
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock) as Arc<dyn Clock>
    }
}

/// A store of signing keys that can be out of reach.
#[derive(Clone)]
pub(crate) struct Reachable {
    pub(crate) inner: Store,
    pub(crate) is_down: Arc<AtomicBool>,
}

impl ListSigningKeys for Reachable {
    async fn list_signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        if self.is_down.load(Ordering::SeqCst) {
            return Err(StoreError::new(StoreErrorKind::Unavailable, "ListSigningKeys", "down"));
        }
        self.inner.list_signing_keys().await
    }
}

pub(crate) fn tenant(number: u8) -> TenantId {
    TenantId::from_keyed_bytes([number; 16])
}
