//! One process of audit-query on state in memory, and a trail to read.

use std::sync::Arc;
use std::time::Duration;

use admission::Admission;
use audit::{About, Event, MemorySink, Outcome, SealedPersonalData, Subject};
use audit_query::{Ports, ReadTrail};
use countersign_http::Endpoint;
use crypto::{BranchKey, DevelopmentKey, OutsideLambda, UserKey};
use denials::Denials;
use domain::{
    Clock, Enrollment, Entropy, EventId, FactorSet, FactorType, RequestFingerprint, RequestId, Sealed, SessionId,
    SourceAddress, TenantId, UserId, VerificationId,
};
use jiff::Timestamp;
use keyring::{BranchKeys, create_branch_key};
use lambda_http::Body;
use lambda_http::request::from_str;
use serde_json::{Value, json};
use store::{CreateEnrollment, EventRecord, IndexEvents, LogPosition, OutboxEvent};
use testkit::{FaultStore, FixedClock, MemoryStore, SeededEntropy};

/// A process and what to look into.
pub(crate) struct Scene {
    pub(crate) store: FaultStore,
    pub(crate) sink: Arc<MemorySink>,
    pub(crate) clock: Arc<FixedClock>,
    entropy: Arc<dyn Entropy>,
    keys: BranchKeys<FaultStore, DevelopmentKey>,
    read_trail: ReadTrail<FaultStore, DevelopmentKey, Arc<MemorySink>>,
}

impl Scene {
    /// A service of two tenants.
    pub(crate) async fn new() -> Self {
        Self::limited_to("").await
    }

    pub(crate) async fn limited_to(limits: &str) -> Self {
        let (store, clock) = (FaultStore::new(MemoryStore::new()), Arc::<FixedClock>::default());
        let (entropy, sink): (Arc<dyn Entropy>, _) = (Arc::new(SeededEntropy::new(1)), Arc::<MemorySink>::default());
        let outside = OutsideLambda::from_function_name(None).unwrap();
        let service = DevelopmentKey::ephemeral(&*entropy, outside).unwrap();
        for tenant in [tenant(), other_tenant()] {
            create_branch_key(&store, &service, tenant, (&*clock, &*entropy)).await.unwrap();
        }
        let time = || Arc::clone(&clock) as Arc<dyn Clock>;
        let random = || Arc::clone(&entropy);
        let keys = || BranchKeys::new(store.clone(), service.clone(), time());
        let limits = admission::Ports {
            store: store.clone(),
            policy: limits.parse().unwrap(),
            clock: time(),
            entropy: random(),
        };
        let read_trail = ReadTrail::new(Ports {
            store: store.clone(),
            admission: Admission::new(limits),
            keys: keys(),
            audit: Arc::clone(&sink),
            denials: Denials::new(Arc::clone(&sink), time(), random()),
            clock: time(),
            entropy: random(),
        });
        Self { keys: keys(), store, sink, clock, entropy, read_trail }
    }

    /// The status and the body of the answer to an event file, with this query and as this tenant's server.
    pub(crate) async fn ask(&self, tenant: TenantId, query: &str) -> (u16, Value) {
        let authorizer = json!({ "kind": "api_key", "tenant_id": tenant.to_string(), "scopes": "audit" });
        self.ask_as(authorizer, query).await
    }

    pub(crate) async fn ask_as(&self, authorizer: Value, query: &str) -> (u16, Value) {
        let mut event: Value = serde_json::from_str(EVERYBODY).unwrap();
        event["rawQueryString"] = json!(query);
        event["requestContext"]["authorizer"]["lambda"] = authorizer;
        self.deliver(&event.to_string()).await
    }

    /// The status and the body of the answer to an event.
    pub(crate) async fn deliver(&self, event: &str) -> (u16, Value) {
        let response = self.read_trail.serve(from_str(event).unwrap()).await;
        let Body::Text(body) = response.body() else { panic!("a body that is no text") };
        (response.status().as_u16(), serde_json::from_str(body).unwrap())
    }

    /// The events of every page, and how many pages there were.
    pub(crate) async fn pages(&self, tenant: TenantId, query: &str) -> (Vec<Value>, usize) {
        let (mut events, mut pages, mut cursor) = (Vec::new(), 0, String::new());
        loop {
            let (status, mut page) = self.ask(tenant, &format!("{query}{cursor}")).await;
            assert_eq!(status, 200, "{page}");
            pages += 1;
            events.append(page["events"].as_array_mut().unwrap());
            let Some(next) = page["next_cursor"].as_str() else { return (events, pages) };
            cursor = format!("&cursor={next}");
        }
    }

    /// Enrolls the user, who gets a key of their own, unless they have one.
    pub(crate) async fn enroll(&self, tenant: TenantId, user: UserId) -> UserKey {
        let branch = self.branch(tenant).await;
        let key = branch.new_user_key(user, &*self.entropy).unwrap();
        let enrollment = Enrollment {
            tenant,
            user,
            key_version: 1,
            branch_key_version: branch.version(),
            factors: FactorSet::of([FactorType::Pin, FactorType::Nfc]).unwrap(),
            created_at: self.clock.now(),
            user_key: branch.seal_user_key(&key, &*self.entropy).unwrap(),
            askable_sets: Sealed::new(Vec::new()),
            device_id: None,
            request: RequestFingerprint { key: "01a19467-e800-7abc-8def-012345678900".parse().unwrap(), body: [0; 32] },
        };
        let event = OutboxEvent { id: EventId::from_keyed_bytes([9; 16]), payload: Vec::new() };
        self.store.create_enrollment(&enrollment, &event).await.unwrap();
        key
    }

    /// An event about a person, with the address sealed under their key if they have one.
    pub(crate) async fn event(&self, tenant: TenantId, user: UserId, key: Option<&UserKey>) -> Event {
        let subject = Subject::new(self.branch(tenant).await.subject_pseudonym(user));
        let mut event = self.event_about(About::Person { tenant, subject });
        if let Some(key) = key {
            let source = SourceAddress::from_transport("203.0.113.9".parse().unwrap());
            let sealed = key.seal_personal_data(event.id, source, &*self.entropy).unwrap();
            event.personal = Some(SealedPersonalData::new(sealed));
        }
        event
    }

    /// An event of now.
    pub(crate) fn event_about(&self, about: About) -> Event {
        let at = self.clock.now();
        Event {
            id: EventId::at(at, &self.entropy.array().unwrap()),
            about,
            at,
            request_id: RequestId::from_transport("JKJaXmPLvHcESHA="),
            outcome: Outcome::SessionRevoked { session: SessionId::from_keyed_bytes([4; 16]) },
            personal: None,
        }
    }

    /// Has the log hold the event.
    pub(crate) async fn log(&self, event: &Event) {
        self.index(event.record_at(LogPosition { shard: 0, batch: 1, index: 0 })).await;
    }

    pub(crate) async fn index(&self, record: EventRecord) {
        assert_eq!(self.store.index_events(&[record]).await.unwrap(), []);
    }

    /// Lets time pass, and logs an event about the tenant every so often.
    pub(crate) async fn log_many(&self, number: usize, apart: Duration) {
        for _ in 0..number {
            self.log(&self.event_about(About::Tenant(tenant()))).await;
            self.clock.advance(apart);
        }
    }

    /// A verification's capability.
    pub(crate) async fn capability(&self) -> String {
        let verification = VerificationId::from_keyed_bytes([7; 16]);
        let capability = self.branch(tenant()).await.capability(verification).expose().to_owned();
        let _before = self.store.recorder().take();
        capability
    }

    async fn branch(&self, tenant: TenantId) -> Arc<BranchKey> {
        self.keys.current(tenant).await.unwrap()
    }
}

pub(crate) const EVERYBODY: &str = include_str!("../../../../events/audit-query/everybody.json");

/// The tenant of the event files.
pub(crate) fn tenant() -> TenantId {
    "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap()
}

pub(crate) fn other_tenant() -> TenantId {
    TenantId::from_keyed_bytes([2; 16])
}

/// The user of the event files.
pub(crate) fn user() -> UserId {
    "7c9e6679-7425-40de-944b-e07fc1f90ae7".parse().unwrap()
}

/// The instant that the clock shows at first.
pub(crate) fn beginning() -> Timestamp {
    FixedClock::default().now()
}
