//! L1: whom the authorizer refuses, the deployment's trail tells.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use audit::{About, Behaviour, Denial, MemorySink, Outcome};
use authorizer::{Authorize, Ports, Undecided};
use crypto::ApiKey;
use denials::{Denials, ONE_IN};
use domain::{Clock, EventId, TenantId};
use jiff::Timestamp;
use store::{ApiKeyRecord, CreateApiKey, OutboxEvent, StoreErrorKind};
use testkit::{Fault, FaultStore, FixedClock, MemoryStore, SeededEntropy};

const API_KEY: &str = include_str!("../../../events/authorizer/api-key.json");
const CAPABILITY: &str = include_str!("../../../events/authorizer/capability.json");
const NO_CREDENTIAL: &str = include_str!("../../../events/authorizer/no-credential.json");
const UNKNOWN: &str = include_str!("../../../events/authorizer/unknown-api-key.json");

struct Scene {
    store: FaultStore,
    sink: Arc<MemorySink>,
    clock: Arc<FixedClock>,
    authorize: Authorize<FaultStore, Arc<MemorySink>>,
}

impl Scene {
    fn new() -> Self {
        let store = FaultStore::new(MemoryStore::new());
        let (sink, clock) = (Arc::<MemorySink>::default(), Arc::<FixedClock>::default());
        let ticking: Arc<dyn Clock> = clock.clone();
        let denials = Denials::new(sink.clone(), ticking.clone(), Arc::new(SeededEntropy::new(1)));
        let authorize = Authorize::new(Ports { store: store.clone(), denials, clock: ticking });
        Self { store, sink, clock, authorize }
    }

    /// The key of the file is known until then.
    async fn know(&self, expires_at: Option<Timestamp>) {
        let (_, rest) = API_KEY.split_once("Bearer ").unwrap();
        let key = ApiKey::parse(rest.split_once('"').unwrap().0).unwrap();
        let tenant = TenantId::from_keyed_bytes([1; 16]);
        let record = ApiKeyRecord { expires_at, ..ApiKeyRecord::new(key.hash(), tenant, Timestamp::UNIX_EPOCH) };
        let event = OutboxEvent { id: EventId::NIL, payload: Vec::new() };
        self.store.create_api_key(&record, &event).await.unwrap();
    }

    /// Whether the request is let through.
    async fn ask(&self, event: &str) -> Result<bool, Undecided> {
        Ok(self.authorize.answer(&serde_json::from_str(event).unwrap()).await?.is_authorized)
    }

    /// How many others each recorded refusal tells of.
    fn refusals(&self) -> Vec<u32> {
        let events = self.sink.events();
        let suppressed = events.iter().map(|event| match event.outcome {
            Outcome::RequestRefused { denial: Denial::Unauthenticated, route: None, suppressed } => {
                assert_eq!((event.about, event.request_id.as_str()), (About::Deployment, "JKJaXmPLvHcESHA="));
                Some(suppressed)
            }
            _ => None,
        });
        suppressed.collect::<Option<_>>().unwrap()
    }
}

#[tokio::test]
async fn l1_every_way_to_be_refused_is_recorded() {
    for event in [NO_CREDENTIAL, UNKNOWN, &API_KEY.replace("csk_test", "csk_tset")] {
        let scene = Scene::new();

        assert!(!scene.ask(event).await.unwrap());

        assert_eq!(scene.refusals(), [0], "{event}");
    }
}

#[tokio::test]
async fn l1_a_key_that_has_expired_is_refused_and_recorded() {
    let scene = Scene::new();
    scene.know(Some(scene.clock.now())).await;

    assert!(!scene.ask(API_KEY).await.unwrap());

    assert_eq!(scene.refusals(), [0]);
}

#[tokio::test]
async fn l1_a_flood_is_recorded_once_a_minute() {
    let scene = Scene::new();

    for _ in 0..100 {
        assert!(!scene.ask(UNKNOWN).await.unwrap());
    }
    scene.clock.advance(ONE_IN);
    scene.ask(NO_CREDENTIAL).await.unwrap();

    assert_eq!(scene.refusals(), [0, 99]);
}

#[tokio::test]
async fn who_is_let_through_or_can_not_be_told_is_no_refusal() {
    let scene = Scene::new();
    scene.know(None).await;

    assert!(scene.ask(API_KEY).await.unwrap());
    assert!(scene.ask(CAPABILITY).await.unwrap());
    scene.store.faults().plan("FindApiKey", 1, Fault::FailBefore(StoreErrorKind::Unavailable));
    scene.ask(API_KEY).await.unwrap_err();

    assert!(scene.refusals().is_empty());
}

#[tokio::test]
async fn a_trail_that_takes_nothing_changes_no_decision() {
    let scene = Scene::new();
    scene.know(None).await;
    scene.sink.behave(Behaviour::Fail);

    assert!(!scene.ask(UNKNOWN).await.unwrap());
    assert!(scene.ask(API_KEY).await.unwrap());

    assert!(scene.refusals().is_empty());
}
