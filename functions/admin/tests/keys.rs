//! The commands about API keys on the store in memory, as the files of `events/` have them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use admin::{AdminError, Administer, Ports};
use admission::Policy;
use audit::{About, Event, MemorySink, Outcome};
use crypto::{ApiKey, DevelopmentKey, OutsideLambda};
use domain::{ApiKeyId, ApiKeyMode, Clock, EventId, RequestId, TenantId};
use jiff::Timestamp;
use keyring::{BranchKeys, create_branch_key};
use serde_json::{Value, json};
use store::{ApiKeyRecord, CreateApiKey, DrainOutbox, FindApiKey, OUTBOX_PARTS, OutboxEvent};
use testkit::{FaultStore, FixedClock, MemoryStore, SeededEntropy};

const CREATE: &str = include_str!("../../../events/admin/create-key.json");
const ROTATE: &str = include_str!("../../../events/admin/rotate-key.json");
const REVOKE: &str = include_str!("../../../events/admin/revoke-key.json");
const LIST: &str = include_str!("../../../events/admin/list-keys.json");

/// The key that the files name.
const API_KEY: &str = "csk_test__zM_n9qR0Jym2zfaILe3B4ddTF2iWTQNgM6wpL2ORq81zGQN9";
const KEY_ID: &str = "860cef914a1e8797";

struct Operator {
    administer: Administer<FaultStore, DevelopmentKey, Arc<MemorySink>>,
    store: FaultStore,
    sink: Arc<MemorySink>,
    clock: Arc<FixedClock>,
}

impl Operator {
    /// An operator of a service with the one tenant of the files, who has no key.
    async fn new() -> Self {
        let outside = OutsideLambda::from_function_name(None).unwrap();
        let key = DevelopmentKey::ephemeral(&SeededEntropy::new(1), outside).unwrap();
        let (store, sink, clock) =
            (FaultStore::new(MemoryStore::new()), Arc::<MemorySink>::default(), Arc::<FixedClock>::default());
        create_branch_key(&store, &key, tenant(), (&*clock, &SeededEntropy::new(2))).await.unwrap();
        let administer = Administer::new(Ports {
            keys: BranchKeys::new(store.clone(), key, Arc::clone(&clock) as Arc<dyn Clock>),
            store: store.clone(),
            audit: Arc::clone(&sink),
            policy: Policy::default(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            // Not the one that the key of the files was drawn from.
            entropy: Arc::new(SeededEntropy::new(4)),
        });
        Self { administer, store, sink, clock }
    }

    /// One whose tenant has the key of the files, until then.
    async fn with_a_key(expires_at: Option<&str>) -> Self {
        let operator = Self::new().await;
        let hash = ApiKey::parse(API_KEY).unwrap().hash();
        let record = ApiKeyRecord {
            mode: Some(ApiKeyMode::Test),
            name: "shop backend".parse().ok(),
            scopes: "verifications sessions:read".parse().unwrap(),
            expires_at: expires_at.map(at),
            ..ApiKeyRecord::new(hash, tenant(), operator.clock.now())
        };
        let event = OutboxEvent { id: EventId::NIL, payload: Vec::new() };
        operator.store.create_api_key(&record, &event).await.unwrap();
        operator.store.remove_outbox_events(&[event.id]).await.unwrap();
        operator
    }

    async fn tell(&self, command: &str) -> Result<Value, AdminError> {
        let answer = self.administer.answer(command, &RequestId::from_transport("r-1")).await?;
        Ok(serde_json::to_value(&answer).unwrap())
    }

    async fn refused(&self, command: &str) -> &'static str {
        self.tell(command).await.unwrap_err().code()
    }

    /// Whether an API key works.
    async fn works(&self, api_key: &Value) -> bool {
        let hash = ApiKey::parse(api_key.as_str().unwrap()).unwrap().hash();
        let found = self.store.find_api_key(hash).await.unwrap();
        found.is_some_and(|record| record.tenant == tenant() && record.is_valid(self.clock.now()))
    }

    /// What the tenant's trail says, which is what the writes kept.
    async fn trail(&self) -> Vec<Outcome> {
        let mut kept = Vec::new();
        for part in 0..OUTBOX_PARTS {
            let events = self.store.outbox_events(part, u16::MAX).await.unwrap();
            kept.extend(events.iter().map(|event| Event::parse(&event.payload).unwrap()));
        }
        kept.sort_by_key(|event| event.id);
        let mut sent = self.sink.events();
        sent.sort_by_key(|event| event.id);
        assert_eq!(kept, sent, "kept by the write itself, and sent");
        assert!(sent.iter().all(|event| event.about == About::Tenant(tenant())));
        sent.into_iter().map(|event| event.outcome).collect()
    }
}

fn tenant() -> TenantId {
    "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn id(text: &Value) -> ApiKeyId {
    text.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_created_key_works_for_its_scopes_until_its_end_and_is_told_once() {
    let operator = Operator::new().await;

    let created = operator.tell(CREATE).await.unwrap();
    let listed = operator.tell(LIST).await.unwrap();

    let key_id = created["key"]["key_id"].clone();
    assert_eq!(
        created["key"],
        json!({
            "key_id": key_id,
            "name": "settlement reports",
            "mode": "live",
            "scopes": "verifications:read audit",
            "created_at": "2026-11-01T00:00:00Z",
            "expires_at": "2027-11-01T00:00:00Z",
            "revoked_at": null,
            "replaced_by": null,
            "used_at": null,
        })
    );
    assert_eq!(created["did"], "key_created");
    assert!(created["api_key"].as_str().unwrap().starts_with("csk_live_"));
    assert!(operator.works(&created["api_key"]).await);
    assert_eq!(listed["keys"], json!([created["key"]]));
    assert!(!listed.to_string().contains("csk_"));
    let outcome = Outcome::ApiKeyCreated {
        expires_at: Some(at("2027-11-01T00:00:00Z")),
        key: id(&key_id),
        scopes: "verifications:read audit".parse().unwrap(),
    };
    assert_eq!(operator.trail().await, [outcome]);
}

#[tokio::test]
async fn e5_an_answer_does_not_print_the_key() {
    let operator = Operator::new().await;

    let answer = operator.administer.answer(CREATE, &RequestId::from_transport("r-1")).await.unwrap();

    let secret = serde_json::to_value(&answer).unwrap()["api_key"].as_str().unwrap().to_owned();
    let debugged = format!("{answer:?}");
    assert!(debugged.contains("ApiKey(csk_live_…)") && !debugged.contains(&secret[9..]), "{debugged}");
}

#[tokio::test]
async fn a_key_is_made_for_a_tenant_only_and_not_for_the_past() {
    let operator = Operator::new().await;
    let elsewhere = CREATE.replace("0192f0c1", "1192f0c1");
    let over = CREATE.replace("2027-11-01T00:00:00Z", "2026-11-01T00:00:00Z");

    assert_eq!(operator.refused(&elsewhere).await, "unknown-tenant");
    assert_eq!(operator.refused(&over).await, "key-over");
    assert_eq!(operator.tell(LIST).await.unwrap()["keys"], json!([]));
    assert!(operator.trail().await.is_empty());
}

/// ```text
/// rotated            a day later
/// ┼ both keys work ─┼ the new one works
/// ```
#[tokio::test]
async fn after_a_rotation_both_keys_work_for_the_overlap_and_then_the_new_one() {
    let operator = Operator::with_a_key(None).await;

    let rotated = operator.tell(ROTATE).await.unwrap();

    let both = [json!(API_KEY), rotated["api_key"].clone()];
    assert!(operator.works(&both[0]).await && operator.works(&both[1]).await);
    operator.clock.advance(Duration::from_millis(86_399_999));
    assert!(operator.works(&both[0]).await && operator.works(&both[1]).await);
    operator.clock.advance(Duration::from_millis(1));
    assert!(!operator.works(&both[0]).await && operator.works(&both[1]).await);

    let (old, new) = (&rotated["replaced"], &rotated["key"]);
    assert_eq!((&old["key_id"], &old["replaced_by"]), (&json!(KEY_ID), &new["key_id"]));
    for same in ["name", "mode", "scopes"] {
        assert_eq!(old[same], new[same], "{same}");
    }
    assert_eq!((&old["expires_at"], &new["expires_at"]), (&json!("2026-11-02T00:00:00Z"), &Value::Null));
    let until = at("2026-11-02T00:00:00Z");
    let outcome = Outcome::ApiKeyRotated { key: id(&json!(KEY_ID)), replaced_by: id(&new["key_id"]), until };
    assert_eq!(operator.trail().await, [outcome]);
}

#[tokio::test]
async fn rotating_never_makes_a_key_last_longer_and_the_new_one_lasts_as_long_as_the_old_was_to() {
    let operator = Operator::with_a_key(Some("2026-11-01T10:00:00Z")).await;
    operator.clock.advance(Duration::from_secs(9 * 3_600));

    let rotated = operator.tell(ROTATE).await.unwrap();

    assert_eq!(rotated["replaced"]["expires_at"], "2026-11-01T10:00:00Z");
    assert_eq!(rotated["key"]["expires_at"], "2026-11-01T19:00:00Z");
}

#[tokio::test]
async fn an_overlap_of_nothing_ends_the_old_key_at_once() {
    let operator = Operator::with_a_key(None).await;

    let rotated = operator.tell(&ROTATE.replace("86400", "0")).await.unwrap();

    assert!(!operator.works(&json!(API_KEY)).await);
    assert!(operator.works(&rotated["api_key"]).await);
}

#[tokio::test]
async fn a_key_is_rotated_once_and_its_successor_is_named() {
    let operator = Operator::with_a_key(None).await;
    let rotated = operator.tell(ROTATE).await.unwrap();

    let again = operator.tell(ROTATE).await.unwrap_err();

    let successor = rotated["key"]["key_id"].as_str().unwrap();
    assert_eq!(again.code(), "key-replaced");
    assert!(again.to_string().contains(successor), "{again}");
    operator.tell(&ROTATE.replace(KEY_ID, successor)).await.unwrap();
    assert_eq!(operator.trail().await.len(), 2);
}

#[tokio::test]
async fn a_revoked_key_stops_working_and_stays_revoked_since_then() {
    let operator = Operator::with_a_key(None).await;

    let revoked = operator.tell(REVOKE).await.unwrap();
    operator.clock.advance(Duration::from_secs(60));
    let again = operator.tell(REVOKE).await.unwrap();

    assert!(!operator.works(&json!(API_KEY)).await);
    assert_eq!(
        (&revoked["did"], &revoked["key"]["revoked_at"]),
        (&json!("key_revoked"), &json!("2026-11-01T00:00:00Z"))
    );
    assert_eq!(again, revoked);
    assert_eq!(operator.trail().await, [Outcome::ApiKeyRevoked { key: id(&json!(KEY_ID)) }]);
}

#[tokio::test]
async fn what_has_ended_is_not_rotated() {
    let revoked = Operator::with_a_key(None).await;
    revoked.tell(REVOKE).await.unwrap();
    let expired = Operator::with_a_key(Some("2026-11-01T10:00:00Z")).await;
    expired.clock.advance(Duration::from_secs(10 * 3_600));

    for operator in [revoked, expired] {
        assert_eq!(operator.refused(ROTATE).await, "key-over");
        assert_eq!(operator.tell(LIST).await.unwrap()["keys"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn e3_another_tenants_key_is_unknown() {
    let operator = Operator::with_a_key(None).await;
    let elsewhere = |command: &str| command.replace("0192f0c1", "1192f0c1");

    assert_eq!(operator.refused(&elsewhere(ROTATE)).await, "unknown-key");
    assert_eq!(operator.refused(&elsewhere(REVOKE)).await, "unknown-key");
    assert_eq!(operator.tell(&elsewhere(LIST)).await.unwrap()["keys"], json!([]));
    assert!(operator.works(&json!(API_KEY)).await);
    assert!(operator.trail().await.is_empty());
}

#[tokio::test]
async fn a_leaked_key_is_ended_without_the_key_service_and_the_branch_key() {
    let operator = Operator::with_a_key(None).await;
    let _before = operator.store.recorder().take();

    operator.tell(REVOKE).await.unwrap();

    assert_eq!(operator.store.recorder().take().ports(), ["ListApiKeys", "RevokeApiKey"]);
}
