//! What sending an event adds to the answer of an initiation, with a store and a queue that take their time.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use admission::Admission;
use audit::{Event, Recorder, SendError, SendEvents};
use countersign_http::Endpoint;
use countersign_tests::World;
use crypto::OsEntropy;
use denials::Denials;
use domain::{
    BranchKeyVersion, Clock, CounterKey, Draw, Drawn, Enrollment, EventId, Home, Listing, TenantId, UserId,
    Verification, VerificationId,
};
use initiate::{Initiate, Ports};
use keyring::BranchKeys;
use lambda_http::request::from_str;
use serde_json::{Value, json};
use store::{
    BranchKeyRecord, DrawPermits, FindBranchKey, FindEnrollment, FindListings, FindVerification, KeepEvents,
    OpenVerification, Opening, OutboxEvent, StoreError,
};
use testkit::MemoryStore;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::timed;

/// Median milliseconds of an answer, for each queue.
pub(crate) fn latencies(runtime: &Runtime) -> Value {
    let at_once = rows(runtime, "answers at once", Some(Duration::ZERO));
    let as_slow = rows(runtime, "takes 5 ms, as the store", Some(STORE_TAKES));
    let slower = rows(runtime, "takes 20 ms", Some(4 * STORE_TAKES));
    let stalled = rows(runtime, "never answers", None);
    [at_once, as_slow, slower, stalled].into()
}

fn rows(runtime: &Runtime, name: &str, queue_takes: Option<Duration>) -> Value {
    runtime.block_on(async {
        let world = World::new().await;
        let person = world.enrolled(1, &["pin", "words", "nfc", "face"]).await;
        let clock: Arc<dyn Clock> = world.clock.clone();
        let store = Slow(world.tables.clone());
        let audit = Recorder::new(SlowQueue(queue_takes), store.clone(), clock.clone());
        let initiate = Initiate::new(Ports {
            admission: Admission::new(admission::Ports {
                store: store.clone(),
                policy: world.policy.clone(),
                clock: clock.clone(),
                entropy: Arc::new(OsEntropy),
            }),
            keys: BranchKeys::new(store.clone(), world.keys.clone(), clock.clone()),
            store,
            denials: Denials::new(audit.clone(), clock.clone(), Arc::new(OsEntropy)),
            audit,
            parameters: world.parameters,
            clock,
            entropy: Arc::new(OsEntropy),
        });
        let mut took = Vec::new();
        for _ in 0..ANSWERS {
            // As often as the user's limit lets through.
            world.clock.advance(Duration::from_secs(1));
            let call = world.permitted(world.initiating(&person.id)).await.unwrap();
            let (response, time) = timed(initiate.serve(from_str(&call).unwrap())).await;
            assert_eq!(response.status(), 201, "{response:?}");
            took.push(time.as_secs_f64() * 1e3);
        }
        let first = took.remove(0);
        took.sort_by(f64::total_cmp);
        json!({ "queue": name, "first_milliseconds": first, "median_milliseconds": took.get(took.len() / 2) })
    })
}

/// The ports in memory, each call after a while.
#[derive(Debug, Clone)]
struct Slow(MemoryStore);

/// A queue that takes its time, or all the time there is.
#[derive(Debug, Clone)]
struct SlowQueue(Option<Duration>);

async fn pause(length: Duration) {
    let _elapsed = timeout(length, pending::<()>()).await;
}

impl SendEvents for SlowQueue {
    async fn send_events(&self, _: &[Event]) -> Result<Vec<EventId>, SendError> {
        match self.0 {
            Some(Duration::ZERO) => {}
            Some(length) => pause(length).await,
            None => pending().await,
        }
        Ok(Vec::new())
    }
}

impl KeepEvents for Slow {
    async fn keep_events(&self, events: &[OutboxEvent]) -> Result<(), StoreError> {
        pause(STORE_TAKES).await;
        self.0.keep_events(events).await
    }
}

impl DrawPermits for Slow {
    async fn draw_permits(&self, key: &CounterKey, draw: &Draw) -> Result<Drawn, StoreError> {
        pause(STORE_TAKES).await;
        self.0.draw_permits(key, draw).await
    }
}

impl FindListings for Slow {
    async fn find_listings(&self) -> Result<Vec<Listing>, StoreError> {
        pause(STORE_TAKES).await;
        self.0.find_listings().await
    }
}

impl FindBranchKey for Slow {
    async fn find_branch_key(
        &self,
        tenant: TenantId,
        version: Option<BranchKeyVersion>,
    ) -> Result<Option<BranchKeyRecord>, StoreError> {
        pause(STORE_TAKES).await;
        self.0.find_branch_key(tenant, version).await
    }
}

impl FindEnrollment for Slow {
    async fn find_enrollment(&self, tenant: TenantId, user: UserId) -> Result<Option<Enrollment>, StoreError> {
        pause(STORE_TAKES).await;
        self.0.find_enrollment(tenant, user).await
    }
}

impl FindVerification for Slow {
    async fn find_verification(
        &self,
        tenant: TenantId,
        id: VerificationId,
    ) -> Result<Option<Verification>, StoreError> {
        pause(STORE_TAKES).await;
        self.0.find_verification(tenant, id).await
    }
}

impl OpenVerification for Slow {
    fn home(&self) -> Home {
        self.0.home()
    }

    async fn open_verification(&self, verification: &Verification) -> Result<Opening, StoreError> {
        pause(STORE_TAKES).await;
        self.0.open_verification(verification).await
    }
}

/// A little more than DynamoDB takes within a region.
const STORE_TAKES: Duration = Duration::from_millis(5);

const ANSWERS: usize = 201;
