//! That a key is used is noted, by sampling, and changes no decision.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use audit::MemorySink;
use authorizer::{Authorize, Decision, Ports};
use crypto::ApiKey;
use denials::Denials;
use domain::{ApiKeyMode, Clock, EventId, TenantId};
use jiff::Timestamp;
use store::{ApiKeyRecord, CreateApiKey, ListApiKeys, OutboxEvent, RevokeApiKey, StoreErrorKind, USE_NOTED_EVERY};
use testkit::{Fault, FaultStore, FixedClock, SeededEntropy};

struct Scene {
    store: FaultStore,
    clock: Arc<FixedClock>,
    authorize: Authorize<FaultStore, Arc<MemorySink>>,
    key: ApiKey,
}

impl Scene {
    async fn new() -> Self {
        let (store, clock) = (FaultStore::default(), Arc::<FixedClock>::default());
        let key = ApiKey::generate(ApiKeyMode::Live, &SeededEntropy::new(2)).unwrap();
        let record = ApiKeyRecord::new(key.hash(), tenant(), clock.now());
        store.create_api_key(&record, &event()).await.unwrap();
        let authorize = process(&store, &clock);
        let _before = store.recorder().take();
        Self { store, clock, authorize, key }
    }

    /// Whether the key is let through, and which calls that took.
    async fn ask(&self, authorize: &Authorize<FaultStore, Arc<MemorySink>>) -> (bool, Vec<&'static str>) {
        let decision = authorize.authorize(self.key.expose()).await.unwrap();
        (matches!(decision, Decision::Key(_)), self.store.recorder().take().ports())
    }

    async fn used_at(&self) -> Option<Timestamp> {
        let listed = self.store.list_api_keys(tenant()).await.unwrap();
        let _before = self.store.recorder().take();
        listed.first().unwrap().used_at
    }
}

/// A process of its own, which remembers nothing.
fn process(store: &FaultStore, clock: &Arc<FixedClock>) -> Authorize<FaultStore, Arc<MemorySink>> {
    let clock: Arc<dyn Clock> = Arc::clone(clock) as Arc<dyn Clock>;
    let denials = Denials::new(Arc::<MemorySink>::default(), Arc::clone(&clock), Arc::new(SeededEntropy::new(1)));
    Authorize::new(Ports { store: store.clone(), denials, clock })
}

fn tenant() -> TenantId {
    TenantId::from_keyed_bytes([1; 16])
}

fn event() -> OutboxEvent {
    OutboxEvent { id: EventId::NIL, payload: Vec::new() }
}

#[tokio::test]
async fn a_use_is_noted_once_an_hour_by_a_process() {
    let scene = Scene::new().await;

    let first = scene.ask(&scene.authorize).await;
    let (noted_at, began_at) = (scene.used_at().await, scene.clock.now());
    scene.clock.advance(USE_NOTED_EVERY.saturating_sub(Duration::from_millis(1)));
    let within = scene.ask(&scene.authorize).await;
    scene.clock.advance(Duration::from_millis(1));
    let after = scene.ask(&scene.authorize).await;

    assert_eq!(first, (true, vec!["FindApiKey", "NoteApiKeyUse"]));
    assert_eq!((noted_at, within), (Some(began_at), (true, vec!["FindApiKey"])));
    assert_eq!(after, (true, vec!["FindApiKey", "NoteApiKeyUse"]));
    assert_eq!(scene.used_at().await, Some(scene.clock.now()));
}

#[tokio::test]
async fn another_process_moves_nothing_within_the_hour() {
    let scene = Scene::new().await;
    scene.ask(&scene.authorize).await;
    let noted_at = scene.used_at().await;
    scene.clock.advance(Duration::from_secs(60));

    let elsewhere = scene.ask(&process(&scene.store, &scene.clock)).await;

    assert_eq!(elsewhere, (true, vec!["FindApiKey", "NoteApiKeyUse"]));
    assert_eq!(scene.used_at().await, noted_at);
}

#[tokio::test(start_paused = true)]
async fn b3_a_use_that_can_not_be_noted_changes_nothing_and_holds_nobody_up() {
    for fault in [Fault::FailBefore(StoreErrorKind::Unavailable), Fault::HangBefore] {
        let scene = Scene::new().await;
        scene.store.faults().plan("NoteApiKeyUse", 1, fault);
        let begun = tokio::time::Instant::now();

        let (admitted, _) = scene.ask(&scene.authorize).await;

        assert!(admitted && begun.elapsed() <= Duration::from_millis(101), "{:?}", begun.elapsed());
        assert_eq!(scene.used_at().await, None);
        assert_eq!(scene.ask(&scene.authorize).await, (true, vec!["FindApiKey"]), "until the next time");
    }
}

#[tokio::test]
async fn what_is_refused_is_not_noted_as_used() {
    let scene = Scene::new().await;
    let key = (tenant(), scene.key.hash());
    scene.store.revoke_api_key(key, scene.clock.now(), &event()).await.unwrap();
    let _before = scene.store.recorder().take();

    assert_eq!(scene.ask(&scene.authorize).await, (false, vec!["FindApiKey"]));
    assert_eq!(scene.used_at().await, None);
}
