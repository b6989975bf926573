//! The commands about users, on the store in memory, as the files of `events/` have them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use admin::{AdminError, Administer, Ports};
use admission::Policy;
use audit::{About, Behaviour, MemorySink, Outcome};
use crypto::{DevelopmentKey, OutsideLambda};
use domain::{
    Account, BranchKeyVersion, Clock, Enrollment, EventId, FactorSet, FactorType, RequestFingerprint, RequestId,
    Sealed, TenantId, UserId,
};
use keyring::{BranchKeys, create_branch_key};
use serde_json::{Value, json};
use store::{
    CreateEnrollment, CurrentEnrollment, DrainOutbox, EraseUser, Erasure, FindAccount, FindCurrentEnrollment,
    FindEnrollment, OUTBOX_PARTS, OutboxEvent, StoreErrorKind,
};
use testkit::{Fault, FaultStore, FixedClock, MemoryStore, SeededEntropy};

const DISABLE: &str = include_str!("../../../events/admin/disable-user.json");
const ENABLE: &str = include_str!("../../../events/admin/enable-user.json");
const ERASE: &str = include_str!("../../../events/admin/erase-user.json");

struct Operator {
    administer: Administer<FaultStore, DevelopmentKey, Arc<MemorySink>>,
    store: FaultStore,
    sink: Arc<MemorySink>,
    clock: Arc<FixedClock>,
}

impl Operator {
    /// An operator of a service with the one tenant of the files, and nobody enrolled.
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
            entropy: Arc::new(SeededEntropy::new(3)),
        });
        Self { administer, store, sink, clock }
    }

    /// The same, and the user of the files, enrolled.
    async fn of_one_user() -> Self {
        let operator = Self::new().await;
        let enrollment = Enrollment {
            tenant: tenant(),
            user: user(),
            key_version: 3,
            branch_key_version: BranchKeyVersion::FIRST,
            factors: FactorSet::of([FactorType::Pin, FactorType::Nfc]).unwrap(),
            created_at: operator.clock.now(),
            user_key: Sealed::new(vec![1; 61]),
            askable_sets: Sealed::new(vec![2; 200]),
            device_id: None,
            request: RequestFingerprint { key: "01930b5b-8000-7000-8000-000000000001".parse().unwrap(), body: [3; 32] },
        };
        operator.store.create_enrollment(&enrollment, &event()).await.unwrap();
        operator.store.remove_outbox_events(&[event().id]).await.unwrap();
        operator
    }

    async fn tell(&self, command: &str) -> Result<Value, AdminError> {
        let answer = self.administer.answer(command, &RequestId::from_transport("r-1")).await?;
        Ok(serde_json::to_value(&answer).unwrap())
    }

    async fn is_enrolled(&self) -> bool {
        self.store.find_enrollment(tenant(), user()).await.unwrap().is_some()
    }

    /// How many events the writes kept.
    async fn kept(&self) -> usize {
        let mut kept = 0;
        for part in 0..OUTBOX_PARTS {
            kept += self.store.outbox_events(part, u16::MAX).await.unwrap().len();
        }
        kept
    }
}

fn tenant() -> TenantId {
    "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap()
}

fn user() -> UserId {
    "3f0f5f0e-6b51-4ad2-9d4e-0f6f3d1b2a10".parse().unwrap()
}

fn event() -> OutboxEvent {
    OutboxEvent { id: EventId::from_keyed_bytes([1; 16]), payload: vec![1] }
}

#[tokio::test]
async fn t4_a_user_is_disabled_and_enabled_once_each_and_both_are_in_the_trail() {
    let operator = Operator::of_one_user().await;
    let (tenant_id, user_id) = (tenant().to_string(), user().to_string());
    let disabled_at = "2026-11-01T00:00:00Z";
    let disabled = |was_disabled: bool| {
        json!({ "did": "user_disabled", "tenant_id": tenant_id, "user_id": user_id, "disabled_at": disabled_at,
                "was_disabled": was_disabled })
    };
    let enabled = |since: Option<&str>| json!({ "did": "user_enabled", "tenant_id": tenant_id, "user_id": user_id, "was_disabled_since": since });

    assert_eq!(operator.tell(DISABLE).await.unwrap(), disabled(false));
    operator.clock.advance(Duration::from_secs(60));
    assert_eq!(operator.tell(DISABLE).await.unwrap(), disabled(true));
    assert!(!operator.is_enrolled().await);
    assert_eq!(operator.tell(ENABLE).await.unwrap(), enabled(Some(disabled_at)));
    assert_eq!(operator.tell(ENABLE).await.unwrap(), enabled(None));
    assert!(operator.is_enrolled().await);

    let events = operator.sink.events();
    let outcomes: Vec<Outcome> = events.iter().map(|event| event.outcome).collect();
    assert_eq!(outcomes, [Outcome::UserDisabled {}, Outcome::UserEnabled { key_version: 3 }]);
    assert!(events.iter().all(|event| matches!(event.about, About::Person { tenant, .. } if tenant == self::tenant())));
    assert_eq!(operator.kept().await, 2, "by the writes themselves");
    let account = operator.store.find_account(tenant(), user()).await.unwrap();
    assert_eq!(account.unwrap().key_version, Some(3));
}

#[tokio::test]
async fn t4_a_user_is_erased_once_whether_or_not_disabled_and_that_is_in_the_trail() {
    let erased = |was_erased: bool| {
        json!({ "did": "user_erased", "tenant_id": tenant().to_string(), "user_id": user().to_string(),
                "erased_at": "2026-11-01T00:00:00Z", "was_erased": was_erased })
    };
    for before in [None, Some(DISABLE)] {
        let operator = Operator::of_one_user().await;
        if let Some(command) = before {
            operator.tell(command).await.unwrap();
        }

        assert_eq!(operator.tell(ERASE).await.unwrap(), erased(false));
        operator.clock.advance(Duration::from_secs(60));
        assert_eq!(operator.tell(ERASE).await.unwrap(), erased(true));

        let current = operator.store.find_current_enrollment(tenant(), user()).await.unwrap();
        assert!(matches!(current, CurrentEnrollment::Erased { .. }), "{current:?}");
        let account = operator.store.find_account(tenant(), user()).await.unwrap();
        assert_eq!(account, Some(Account { key_version: Some(0), ..Account::default() }));
        let mut events = operator.sink.events();
        let event = events.pop().unwrap();
        assert_eq!((event.outcome, event.personal), (Outcome::UserErased { key_version: 3 }, None));
        assert!(matches!(event.about, About::Person { tenant, .. } if tenant == self::tenant()));
        assert_eq!(events.len(), usize::from(before.is_some()));
        assert_eq!(operator.kept().await, events.len() + 1, "by the writes themselves");
    }
}

#[tokio::test]
async fn l1_a_user_is_erased_with_their_event_whatever_is_lost() {
    for (fault, events) in
        [(Fault::FailBefore(StoreErrorKind::Unavailable), 0), (Fault::FailAfter(StoreErrorKind::Unavailable), 1)]
    {
        let operator = Operator::of_one_user().await;
        operator.sink.behave(Behaviour::Fail);
        operator.store.faults().plan("EraseUser", 1, fault);

        assert_eq!(operator.tell(ERASE).await.unwrap_err().code(), "unavailable");
        assert_eq!((operator.kept().await, operator.is_enrolled().await), (events, events == 0), "{fault:?}");

        assert_eq!(operator.tell(ERASE).await.unwrap()["was_erased"], events == 1);
        assert_eq!((operator.kept().await, operator.is_enrolled().await), (1, false), "{fault:?}");
    }
}

#[tokio::test]
async fn who_is_not_there_is_neither_disabled_enabled_nor_erased() {
    let (nobody, erased) = (Operator::new().await, Operator::of_one_user().await);
    let erasure = Erasure { tenant: tenant(), user: user(), asked_by: None, at: erased.clock.now() };
    erased.store.erase_user(&erasure, &event()).await.unwrap();

    for command in [DISABLE, ENABLE] {
        let of_nobody = command.replace("0192f0c1", "0192f0c2");
        assert_eq!(nobody.tell(&of_nobody).await.unwrap_err().code(), "unknown-tenant");
        assert_eq!(nobody.tell(command).await.unwrap_err().code(), "unknown-user");
        assert_eq!(erased.tell(command).await.unwrap_err().code(), "user-erased");
    }
    assert_eq!(nobody.tell(&ERASE.replace("0192f0c1", "0192f0c2")).await.unwrap_err().code(), "unknown-tenant");
    assert_eq!(nobody.tell(ERASE).await.unwrap_err().code(), "unknown-user");

    assert!(nobody.sink.events().is_empty() && erased.sink.events().is_empty());
    assert_eq!((nobody.kept().await, erased.kept().await), (0, 1));
}

/// The answer is lost, or the queue: what is changed has its event, and the command can be repeated.
#[tokio::test]
async fn l1_a_user_is_disabled_with_their_event_whatever_is_lost() {
    for (fault, events) in
        [(Fault::FailBefore(StoreErrorKind::Unavailable), 0), (Fault::FailAfter(StoreErrorKind::Unavailable), 1)]
    {
        let operator = Operator::of_one_user().await;
        operator.sink.behave(Behaviour::Fail);
        for (round, command) in [DISABLE, ENABLE].into_iter().enumerate() {
            operator.store.faults().plan("DisableUser", 1, fault);

            assert_eq!(operator.tell(command).await.unwrap_err().code(), "unavailable");
            assert_eq!(operator.kept().await, round + events, "{fault:?}");

            operator.tell(command).await.unwrap();
            assert_eq!((operator.kept().await, operator.is_enrolled().await), (round + 1, round == 1), "{fault:?}");
        }
    }
}
