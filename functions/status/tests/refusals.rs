//! L1: whom status refuses, the trail tells.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use admission::{Admission, Policy};
use audit::{About, Denial, MemorySink, Outcome};
use countersign_http::Endpoint;
use crypto::{BranchKey, DevelopmentKey, OutsideLambda};
use denials::{Denials, ONE_IN};
use domain::{Clock, Entropy, Route, TenantId, VerificationId};
use keyring::{BranchKeys, create_branch_key};
use status::{Ports, ReadStatus};
use testkit::{FixedClock, MemoryStore, SeededEntropy};

const BY_API_KEY: &str = include_str!("../../../events/status/by-api-key.json");
const BY_CAPABILITY: &str = include_str!("../../../events/status/by-capability.json");

struct Scene {
    sink: Arc<MemorySink>,
    clock: Arc<FixedClock>,
    branch: Arc<BranchKey>,
    status: ReadStatus<MemoryStore, DevelopmentKey, Arc<MemorySink>>,
}

impl Scene {
    async fn new() -> Self {
        let (store, sink, clock) = (MemoryStore::new(), Arc::<MemorySink>::default(), Arc::<FixedClock>::default());
        let (ticking, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (clock.clone(), Arc::new(SeededEntropy::new(1)));
        let outside = OutsideLambda::from_function_name(None).unwrap();
        let service = DevelopmentKey::ephemeral(&*entropy, outside).unwrap();
        create_branch_key(&store, &service, tenant(), (&*clock, &*entropy)).await.unwrap();
        let keys = BranchKeys::new(store.clone(), service, ticking.clone());
        let branch = keys.current(tenant()).await.unwrap();
        let limits = admission::Ports {
            store: store.clone(),
            policy: Policy::default(),
            clock: ticking.clone(),
            entropy: entropy.clone(),
        };
        let status = ReadStatus::new(Ports {
            admission: Admission::new(limits),
            keys,
            denials: Denials::new(sink.clone(), ticking.clone(), entropy),
            store,
            clock: ticking,
        });
        Self { sink, clock, branch, status }
    }

    async fn ask(&self, event: &str) -> u16 {
        self.status.serve(lambda_http::request::from_str(event).unwrap()).await.status().as_u16()
    }

    /// The request of a device that holds the capability of `verification`.
    fn by_capability(&self, verification: VerificationId) -> String {
        let (before, rest) = BY_CAPABILITY.split_once("csc_").unwrap();
        let (_, after) = rest.split_once('"').unwrap();
        format!("{before}{}\"{after}", self.branch.capability(verification).expose())
    }

    fn refusals(&self) -> Vec<(About, Outcome)> {
        self.sink.events().iter().map(|event| (event.about, event.outcome)).collect()
    }
}

fn tenant() -> TenantId {
    "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap()
}

fn verification() -> VerificationId {
    "ca25806d-ea89-8285-bce4-2d15dc498ce0".parse().unwrap()
}

fn refused(denial: Denial, suppressed: u32) -> Outcome {
    Outcome::RequestRefused { denial, route: Some(Route::Status), suppressed }
}

#[tokio::test]
async fn l1_asking_for_what_is_not_there_is_recorded_and_then_sampled() {
    let scene = Scene::new().await;

    for _ in 0..3 {
        assert_eq!(scene.ask(BY_API_KEY).await, 404);
    }
    scene.clock.advance(ONE_IN);
    assert_eq!(scene.ask(BY_API_KEY).await, 404);

    let told = [0, 2].map(|suppressed| (About::Tenant(tenant()), refused(Denial::VerificationNotFound, suppressed)));
    assert_eq!(scene.refusals(), told);
}

#[tokio::test]
async fn l1_a_genuine_capability_is_its_tenants() {
    let scene = Scene::new().await;

    assert_eq!(scene.ask(&scene.by_capability(verification())).await, 404);

    assert_eq!(scene.refusals(), [(About::Tenant(tenant()), refused(Denial::VerificationNotFound, 0))]);
}

#[tokio::test]
async fn l1_another_verifications_capability_is_nobodys() {
    let scene = Scene::new().await;
    let another = VerificationId::from_keyed_bytes([9; 16]);

    assert_eq!(scene.ask(&scene.by_capability(another)).await, 403);
    assert_eq!(scene.ask(BY_CAPABILITY).await, 403, "made with another key");

    assert_eq!(scene.refusals(), [(About::Deployment, refused(Denial::Forbidden, 0))]);
}
