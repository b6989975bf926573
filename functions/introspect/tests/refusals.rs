//! L1: whom introspect refuses, the trail tells.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use admission::Admission;
use audit::{About, Denial, MemorySink, Outcome};
use countersign_http::Endpoint;
use crypto::{DevelopmentKey, OutsideLambda};
use denials::{Denials, ONE_IN};
use domain::{Clock, Entropy, Route, TenantId};
use introspect::{Introspect, Ports};
use keyring::{VerifyingKeys, create_signing_key};
use testkit::{FixedClock, MemoryStore, SeededEntropy};

const TOKEN: &str = include_str!("../../../events/introspect/access-token.json");
const CAPABILITY: &str =
    "csc_AZLwwSNFeryN7wEjRWeJq8olgG3qiYKFvOQtFdxJjOAAAAAByxZ8xo5p9WUKW4dGjmF4d_qbsOKyYzppy9bNR0R4sDM1AMT3y";

struct Scene {
    sink: Arc<MemorySink>,
    clock: Arc<FixedClock>,
    introspect: Introspect<MemoryStore, Arc<MemorySink>>,
}

impl Scene {
    async fn with(limits: &str) -> Self {
        let (store, sink, clock) = (MemoryStore::new(), Arc::<MemorySink>::default(), Arc::<FixedClock>::default());
        let (ticking, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (clock.clone(), Arc::new(SeededEntropy::new(1)));
        let outside = OutsideLambda::from_function_name(None).unwrap();
        let service = DevelopmentKey::ephemeral(&*entropy, outside).unwrap();
        create_signing_key(&store, &service, &*clock).await.unwrap();
        let policy = limits.parse().unwrap();
        let limits =
            admission::Ports { store: store.clone(), policy, clock: ticking.clone(), entropy: entropy.clone() };
        let introspect = Introspect::new(Ports {
            admission: Admission::new(limits),
            published: VerifyingKeys::new(store.clone(), ticking.clone()),
            denials: Denials::new(sink.clone(), ticking.clone(), entropy),
            store,
            issuer: "https://auth.example.com".to_owned(),
            clock: ticking,
        });
        Self { sink, clock, introspect }
    }

    async fn ask(&self, event: &str) -> u16 {
        self.introspect.serve(lambda_http::request::from_str(event).unwrap()).await.status().as_u16()
    }

    fn refusals(&self) -> Vec<(About, Outcome)> {
        self.sink.events().iter().map(|event| (event.about, event.outcome)).collect()
    }
}

fn tenant() -> TenantId {
    "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap()
}

fn refused(denial: Denial, suppressed: u32) -> Outcome {
    Outcome::RequestRefused { denial, route: Some(Route::Introspect), suppressed }
}

#[tokio::test]
async fn l1_a_request_beyond_a_limit_is_recorded_and_then_sampled() {
    let scene = Scene::with(r#"{"tenant_introspect": {"quota": 1, "period_seconds": 3600, "lease": 1}}"#).await;
    assert_eq!(scene.ask(TOKEN).await, 200);

    for _ in 0..3 {
        assert_eq!(scene.ask(TOKEN).await, 429);
    }
    scene.clock.advance(ONE_IN);
    assert_eq!(scene.ask(TOKEN).await, 429);

    let told = [0, 2].map(|suppressed| (About::Tenant(tenant()), refused(Denial::RateLimited, suppressed)));
    assert_eq!(scene.refusals(), told);
}

#[tokio::test]
async fn l1_a_capability_is_refused_and_recorded_for_the_deployment() {
    let scene = Scene::with("").await;
    let (before, rest) = TOKEN.split_once("csk_").unwrap();
    let (_, after) = rest.split_once('"').unwrap();
    let by_capability = format!("{before}{CAPABILITY}\"{after}").replace("api_key", "capability");

    assert_eq!(scene.ask(&by_capability).await, 403);

    assert_eq!(scene.refusals(), [(About::Deployment, refused(Denial::Forbidden, 0))]);
}

#[tokio::test]
async fn a_token_that_does_not_count_and_a_body_that_is_none_are_no_denials() {
    let scene = Scene::with("").await;

    assert_eq!(scene.ask(TOKEN).await, 200);
    assert_eq!(scene.ask(&TOKEN.replace("application/json", "text/plain")).await, 415);

    assert_eq!(scene.refusals(), []);
}
