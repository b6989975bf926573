//! The commands on the store in memory, as the files of `events/` have them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use admin::{AdminError, Administer, Ports};
use admission::Policy;
use audit::{About, Behaviour, Event, ListingEntry, MemorySink, Outcome, Subject};
use crypto::{DevelopmentKey, OutsideLambda};
use domain::{
    AttemptMark, Clock, EventId, ListedAccess, ListedSubject, Listing, MAX_LISTINGS, RequestId, SessionEpoch, TenantId,
    UserId,
};
use keyring::{BranchKeys, create_branch_key};
use serde_json::{Value, json};
use store::{
    ChangeListings, DrainOutbox, FindListings, FindSessionEpoch, OUTBOX_PARTS, OutboxEvent, Reservation,
    ReserveFailure, StoreErrorKind,
};
use testkit::{Fault, FaultStore, FixedClock, MemoryStore, SeededEntropy};

const UNLOCK: &str = include_str!("../../../events/admin/unlock-account.json");
const DENY_NETWORK: &str = include_str!("../../../events/admin/deny-network.json");
const ALLOW_TENANT: &str = include_str!("../../../events/admin/allow-tenant.json");
const REMOVE: &str = include_str!("../../../events/admin/remove-listing.json");
const REVOKE: &str = include_str!("../../../events/admin/revoke-sessions.json");
const SHOW: &str = include_str!("../../../events/admin/show-limits.json");

struct Operator {
    administer: Administer<FaultStore, DevelopmentKey, Arc<MemorySink>>,
    store: FaultStore,
    keys: BranchKeys<FaultStore, DevelopmentKey>,
    sink: Arc<MemorySink>,
    clock: Arc<FixedClock>,
}

impl Operator {
    /// An operator of a service with the one tenant of the files.
    async fn new() -> Self {
        let outside = OutsideLambda::from_function_name(None).unwrap();
        let key = DevelopmentKey::ephemeral(&SeededEntropy::new(1), outside).unwrap();
        let (store, sink, clock) =
            (FaultStore::new(MemoryStore::new()), Arc::<MemorySink>::default(), Arc::<FixedClock>::default());
        create_branch_key(&store, &key, tenant(), (&*clock, &SeededEntropy::new(2))).await.unwrap();
        let keys = || BranchKeys::new(store.clone(), key.clone(), Arc::clone(&clock) as Arc<dyn Clock>);
        let administer = Administer::new(Ports {
            keys: keys(),
            store: store.clone(),
            audit: Arc::clone(&sink),
            policy: Policy::default(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            entropy: Arc::new(SeededEntropy::new(3)),
        });
        Self { administer, keys: keys(), store, sink, clock }
    }

    async fn tell(&self, command: &str) -> Result<Value, AdminError> {
        let answer = self.administer.answer(command, &RequestId::from_transport("r-1")).await?;
        Ok(serde_json::to_value(&answer).unwrap())
    }

    async fn fail_attempts(&self, number: u8) {
        for attempt in 0..number {
            let reserved = self
                .store
                .reserve_failure(tenant(), user(), AttemptMark([attempt; 8]), self.clock.now())
                .await
                .unwrap();
            assert!(matches!(reserved, Reservation::Reserved(_)));
        }
    }

    /// What the writes kept, in the order of the parts.
    async fn outbox(&self) -> Vec<Event> {
        let mut kept = Vec::new();
        for part in 0..OUTBOX_PARTS {
            let events = self.store.outbox_events(part, u16::MAX).await.unwrap();
            kept.extend(events.iter().map(|event| Event::parse(&event.payload).unwrap()));
        }
        kept
    }

    async fn put(&self, listing: &Listing) {
        let event = OutboxEvent { id: EventId::from_keyed_bytes([1; 16]), payload: Vec::new() };
        self.store.put_listing(listing, &event).await.unwrap();
    }

    fn outcomes(&self) -> Vec<Outcome> {
        self.sink.events().into_iter().map(|event| event.outcome).collect()
    }
}

fn tenant() -> TenantId {
    "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap()
}

fn user() -> UserId {
    "3f0f5f0e-6b51-4ad2-9d4e-0f6f3d1b2a10".parse().unwrap()
}

fn listing(third: u8, fourth: u8) -> Listing {
    let subject: ListedSubject = format!("network/10.0.{third}.{fourth}/32").parse().unwrap();
    Listing { subject, access: ListedAccess::Denied, expires_at: "2027-01-01T00:00:00Z".parse().unwrap() }
}

#[tokio::test]
async fn v3_an_operator_unlocks_an_account_and_learns_what_was_forgotten() {
    let operator = Operator::new().await;
    operator.fail_attempts(5).await;
    let locked = operator.store.reserve_failure(tenant(), user(), AttemptMark([9; 8]), operator.clock.now()).await;
    assert!(matches!(locked.unwrap(), Reservation::Locked { .. }));

    let answer = operator.tell(UNLOCK).await.unwrap();

    assert_eq!(
        answer,
        json!({
            "did": "account_unlocked",
            "tenant_id": tenant().to_string(),
            "user_id": user().to_string(),
            "failures_forgotten": 5,
            "was_locked_until": "2026-11-01T00:15:00Z",
        })
    );
    operator.fail_attempts(4).await;
    assert_eq!(operator.outcomes(), [Outcome::AccountUnlocked { failures: 5 }]);
    assert_eq!(operator.outbox().await, operator.sink.events(), "kept by the write itself");
}

#[tokio::test]
async fn unlocking_again_forgets_nothing_and_both_answer_and_trail_say_so() {
    let operator = Operator::new().await;
    operator.fail_attempts(5).await;
    operator.tell(UNLOCK).await.unwrap();

    let answer = operator.tell(UNLOCK).await.unwrap();

    assert_eq!((&answer["failures_forgotten"], &answer["was_locked_until"]), (&json!(0), &Value::Null));
    assert_eq!(operator.outcomes(), [5, 0].map(|failures| Outcome::AccountUnlocked { failures }));
}

#[tokio::test]
async fn a_users_events_carry_the_pseudonym_that_all_of_theirs_have() {
    let operator = Operator::new().await;

    operator.tell(UNLOCK).await.unwrap();

    let events = operator.sink.events();
    let event = events.first().unwrap();
    let pseudonym = Subject::new(operator.keys.current(tenant()).await.unwrap().subject_pseudonym(user()));
    assert_eq!((event.request_id.as_str(), event.at), ("r-1", operator.clock.now()));
    assert!(
        matches!(event.about, About::Person { tenant, subject } if tenant == self::tenant() && subject == pseudonym)
    );
}

#[tokio::test]
async fn a_tenant_that_does_not_exist_is_named_before_anything_changes() {
    let operator = Operator::new().await;
    let of_nobody = UNLOCK.replace("0192f0c1", "0192f0c2");

    let refused = operator.tell(&of_nobody).await.unwrap_err();

    assert_eq!(refused.code(), "unknown-tenant");
    assert!(operator.outcomes().is_empty());
}

#[tokio::test]
async fn a_listing_is_put_replaced_and_removed() {
    let operator = Operator::new().await;
    let entry = json!({
        "subject": "network/198.51.100.0/24", "access": "denied", "expires_at": "2027-01-01T00:00:00Z"
    });

    let put = operator.tell(DENY_NETWORK).await.unwrap();
    assert_eq!(put, json!({ "did": "listing_put", "listing": entry, "replaced": null }));
    let replaced = operator.tell(&DENY_NETWORK.replace("denied", "allowed")).await.unwrap();
    assert_eq!(replaced["replaced"], entry);
    let removed = operator.tell(REMOVE).await.unwrap();
    assert_eq!(removed["removed"]["access"], "allowed");
    let nothing = operator.tell(REMOVE).await.unwrap();
    assert_eq!(nothing["removed"], Value::Null);

    assert!(operator.store.find_listings().await.unwrap().is_empty());
    let listed = |access| {
        let entry = ListingEntry { access, expires_at: "2027-01-01T00:00:00Z".parse().unwrap() };
        Outcome::ListingChanged { entry: Some(entry), network: Some("198.51.100.0/24".parse().unwrap()) }
    };
    let gone = Outcome::ListingChanged { entry: None, network: Some("198.51.100.0/24".parse().unwrap()) };
    assert_eq!(operator.outcomes(), [listed(ListedAccess::Denied), listed(ListedAccess::Allowed), gone, gone]);
    assert!(operator.sink.events().iter().all(|event| event.about == About::Deployment));
}

#[tokio::test]
async fn limits_and_list_are_shown_and_nothing_is_recorded() {
    let operator = Operator::new().await;
    operator.put(&listing(0, 1)).await;

    let answer = operator.tell(SHOW).await.unwrap();

    assert_eq!(answer["did"], "limits_shown");
    assert_eq!(answer["limits"]["user"]["quota"], 100);
    assert_eq!(answer["listings"][0]["subject"], "network/10.0.0.1/32");
    assert!(operator.outcomes().is_empty());
}

#[tokio::test]
async fn t3_each_revocation_of_a_tenants_sessions_begins_a_new_epoch_and_has_its_event() {
    let operator = Operator::new().await;

    for session_epoch in 1..=3 {
        let answer = operator.tell(REVOKE).await.unwrap();

        let tenant_id = tenant().to_string();
        assert_eq!(
            answer,
            json!({ "did": "sessions_revoked", "tenant_id": tenant_id, "session_epoch": session_epoch })
        );
        let epoch = operator.store.find_session_epoch(tenant(), user()).await.unwrap();
        assert_eq!(epoch, SessionEpoch::new(session_epoch));
    }

    let expected = [1, 2, 3].map(|epoch| Outcome::TenantSessionsRevoked { epoch });
    assert_eq!(operator.outcomes(), expected);
    assert!(operator.sink.events().iter().all(|event| event.about == About::Tenant(tenant())));
    assert_eq!(operator.outbox().await.len(), 3, "kept by the write itself");
    let unknown = operator.tell(&REVOKE.replace("0192f0c1", "0192f0c2")).await.unwrap_err();
    assert_eq!(unknown.code(), "unknown-tenant");
}

#[tokio::test]
async fn a_tenant_can_be_listed() {
    let operator = Operator::new().await;

    operator.tell(ALLOW_TENANT).await.unwrap();

    assert_eq!(operator.sink.events().first().unwrap().about, About::Tenant(tenant()));
    let unknown = operator.tell(&ALLOW_TENANT.replace("0192f0c1", "0192f0c2")).await.unwrap_err();
    assert_eq!(unknown.code(), "unknown-tenant");
}

#[tokio::test]
async fn an_entry_that_is_over_and_one_too_many_are_refused() {
    let operator = Operator::new().await;
    for number in 0..MAX_LISTINGS {
        let [third, fourth] = u16::try_from(number).unwrap().to_be_bytes();
        operator.put(&listing(third, fourth)).await;
    }

    let full = operator.tell(DENY_NETWORK).await.unwrap_err();
    operator.clock.advance(Duration::from_secs(90 * 24 * 60 * 60));
    let over = operator.tell(DENY_NETWORK).await.unwrap_err();

    assert_eq!((full.code(), over.code()), ("list-full", "listing-over"));
    assert!(operator.outcomes().is_empty());
}

#[tokio::test]
async fn what_is_no_command_is_told_by_its_code() {
    let operator = Operator::new().await;

    let refused = operator.tell(r#"{"command":"unlock_everybody"}"#).await.unwrap_err();

    let diagnostic = lambda_runtime::Diagnostic::from(refused);
    assert_eq!(diagnostic.error_type, "malformed-command");
    assert!(diagnostic.error_message.contains("unlock_everybody"), "{}", diagnostic.error_message);
}

#[tokio::test]
async fn what_does_not_answer_is_told_by_its_code() {
    let operator = Operator::new().await;
    operator.fail_attempts(1).await;

    operator.store.faults().plan("UnlockAccount", 1, Fault::FailBefore(StoreErrorKind::Unavailable));
    let store_down = operator.tell(UNLOCK).await.unwrap_err();
    operator.tell(UNLOCK).await.unwrap();
    operator.sink.behave(Behaviour::Fail);
    let nothing_to_change = operator.tell(UNLOCK).await.unwrap_err();

    assert_eq!((store_down.code(), nothing_to_change.code()), ("unavailable", "event-not-recorded"));
}

#[tokio::test]
async fn l1_what_a_command_changes_is_kept_with_its_event_whether_or_not_the_queue_answers() {
    for behaviour in [Behaviour::Record, Behaviour::Fail, Behaviour::LoseAnswer] {
        let operator = Operator::new().await;
        operator.fail_attempts(5).await;
        operator.sink.behave(behaviour);

        let mut kept = Vec::new();
        for (command, outcome) in [(UNLOCK, "unlocked"), (DENY_NETWORK, "changed"), (ALLOW_TENANT, "changed")] {
            operator.tell(command).await.unwrap();
            let before = kept.len();
            kept = operator.outbox().await;
            assert_eq!(kept.len(), before + 1, "{outcome}");
        }
        operator.tell(REMOVE).await.unwrap();

        let kept = operator.outbox().await;
        assert_eq!(kept.len(), 4);
        assert!(operator.sink.events().iter().all(|event| kept.contains(event)), "announced as it was kept");
        assert_eq!(operator.sink.events().len(), if behaviour == Behaviour::Fail { 0 } else { 4 });
    }
}

#[tokio::test]
async fn l1_a_change_whose_answer_is_lost_has_its_event_and_one_that_failed_has_none() {
    for (fault, events) in
        [(Fault::FailBefore(StoreErrorKind::Unavailable), 0), (Fault::FailAfter(StoreErrorKind::Unavailable), 1)]
    {
        for (port, command) in [
            ("UnlockAccount", UNLOCK),
            ("ChangeListings", DENY_NETWORK),
            ("ChangeListings", REMOVE),
            ("AdvanceSessionEpoch", REVOKE),
        ] {
            let operator = Operator::new().await;
            operator.fail_attempts(1).await;
            operator.store.faults().plan(port, 1, fault);

            let failed = operator.tell(command).await.unwrap_err();

            assert_eq!((failed.code(), operator.store.faults().still_planned()), ("unavailable", 0), "{port}");
            assert_eq!((operator.outbox().await.len(), operator.outcomes().len()), (events, 0), "{port} {fault:?}");
        }
    }
}

/// As the runtime hands an event over: parsed with its place in view, and here kept as it is.
#[tokio::test]
async fn the_runtime_hands_the_text_over_as_it_is() {
    let deserializer = &mut serde_json::Deserializer::from_str(REMOVE);
    let event: Box<serde_json::value::RawValue> = serde_path_to_error::deserialize(deserializer).unwrap();

    assert_eq!(event.get(), REMOVE.trim());
}
