//! V3: unlocking an account while attempts on it are decided; and ending keys, or erasing a user, while another operator does.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use admin::{Administer, Ports};
use admission::Policy;
use audit::{MemorySink, Outcome};
use crypto::{ApiKey, DevelopmentKey, OutsideLambda};
use domain::{
    Account, AttemptMark, BranchKeyVersion, Clock, Enrollment, EventId, FactorSet, FactorType, Failures, ListedSubject,
    Listing, RequestFingerprint, RequestId, Sealed, SecretHash, SessionEpoch, TenantId, UserId,
};
use jiff::Timestamp;
use keyring::{BranchKeys, create_branch_key};
use serde_json::{Value, json};
use store::{
    AdvanceSessionEpoch, ApiKeyChange, ApiKeyRecord, ApiKeyRotation, BranchKeyRecord, ChangeListings, CreateApiKey,
    CreateEnrollment, CurrentEnrollment, DisableUser, Disabling, DisablingOutcome, Enabling, EnablingOutcome,
    EpochAdvance, EraseUser, Erasure, ErasureOutcome, FindAccount, FindBranchKey, FindCurrentEnrollment, FindListings,
    ListApiKeys, ListedApiKey, OutboxEvent, ReserveFailure, RevokeApiKey, RotateApiKey, StoreError, UnlockAccount,
    Unlocking,
};
use testkit::{FixedClock, MemoryStore, SeededEntropy};

const REVOKE: &str = include_str!("../../../events/admin/revoke-key.json");
const ROTATE: &str = include_str!("../../../events/admin/rotate-key.json");
/// The key that they name.
const API_KEY: &str = "csk_test__zM_n9qR0Jym2zfaILe3B4ddTF2iWTQNgM6wpL2ORq81zGQN9";
const ERASE: &str = include_str!("../../../events/admin/erase-user.json");
const UNLOCK: &str = include_str!("../../../events/admin/unlock-account.json");

/// A store in which an attempt is reserved right after the account was read, so many times, a key revoked right after the list was, and
/// a user erased right after the enrollment was.
#[derive(Debug, Clone)]
struct Busy {
    inner: MemoryStore,
    clock: Arc<FixedClock>,
    attempts_to_come: Arc<AtomicU8>,
}

impl Busy {
    async fn fail(&self, tenant: TenantId, user: UserId, attempt: u8) {
        self.inner.reserve_failure(tenant, user, AttemptMark([attempt; 8]), self.clock.now()).await.unwrap();
    }
}

impl FindAccount for Busy {
    async fn find_account(&self, tenant: TenantId, user: UserId) -> Result<Option<Account>, StoreError> {
        let account = self.inner.find_account(tenant, user).await;
        let to_come = self.attempts_to_come.load(Ordering::SeqCst);
        if to_come > 0 {
            self.fail(tenant, user, to_come).await;
            self.attempts_to_come.store(to_come - 1, Ordering::SeqCst);
        }
        account
    }
}

impl UnlockAccount for Busy {
    async fn unlock_account(
        &self,
        tenant: TenantId,
        user: UserId,
        known: &Failures,
        event: &OutboxEvent,
    ) -> Result<Unlocking, StoreError> {
        self.inner.unlock_account(tenant, user, known, event).await
    }
}

impl AdvanceSessionEpoch for Busy {
    async fn advance_session_epoch(
        &self,
        tenant: TenantId,
        from: SessionEpoch,
        event: &OutboxEvent,
    ) -> Result<EpochAdvance, StoreError> {
        self.inner.advance_session_epoch(tenant, from, event).await
    }
}

impl DisableUser for Busy {
    async fn disable_user(&self, disabling: &Disabling, event: &OutboxEvent) -> Result<DisablingOutcome, StoreError> {
        self.inner.disable_user(disabling, event).await
    }

    async fn enable_user(&self, enabling: &Enabling, event: &OutboxEvent) -> Result<EnablingOutcome, StoreError> {
        self.inner.enable_user(enabling, event).await
    }
}

impl EraseUser for Busy {
    async fn erase_user(&self, erasure: &Erasure, event: &OutboxEvent) -> Result<ErasureOutcome, StoreError> {
        self.inner.erase_user(erasure, event).await
    }
}

impl FindCurrentEnrollment for Busy {
    async fn find_current_enrollment(&self, tenant: TenantId, user: UserId) -> Result<CurrentEnrollment, StoreError> {
        let current = self.inner.find_current_enrollment(tenant, user).await?;
        let at = self.clock.now().checked_sub(Duration::from_secs(1)).unwrap();
        self.inner.erase_user(&Erasure { tenant, user, asked_by: None, at }, &event()).await?;
        Ok(current)
    }
}

impl FindBranchKey for Busy {
    async fn find_branch_key(
        &self,
        tenant: TenantId,
        version: Option<BranchKeyVersion>,
    ) -> Result<Option<BranchKeyRecord>, StoreError> {
        self.inner.find_branch_key(tenant, version).await
    }
}

impl FindListings for Busy {
    async fn find_listings(&self) -> Result<Vec<Listing>, StoreError> {
        self.inner.find_listings().await
    }
}

impl ChangeListings for Busy {
    async fn put_listing(&self, listing: &Listing, event: &OutboxEvent) -> Result<(), StoreError> {
        self.inner.put_listing(listing, event).await
    }

    async fn remove_listing(&self, subject: &ListedSubject, event: &OutboxEvent) -> Result<(), StoreError> {
        self.inner.remove_listing(subject, event).await
    }
}

impl CreateApiKey for Busy {
    async fn create_api_key(&self, record: &ApiKeyRecord, event: &OutboxEvent) -> Result<(), StoreError> {
        self.inner.create_api_key(record, event).await
    }
}

impl ListApiKeys for Busy {
    async fn list_api_keys(&self, tenant: TenantId) -> Result<Vec<ListedApiKey>, StoreError> {
        let listed = self.inner.list_api_keys(tenant).await?;
        for key in &listed {
            self.inner.revoke_api_key((tenant, key.record.hash), self.clock.now(), &event()).await?;
        }
        Ok(listed)
    }
}

impl RotateApiKey for Busy {
    async fn rotate_api_key(&self, rotation: &ApiKeyRotation, event: &OutboxEvent) -> Result<ApiKeyChange, StoreError> {
        self.inner.rotate_api_key(rotation, event).await
    }
}

impl RevokeApiKey for Busy {
    async fn revoke_api_key(
        &self,
        key: (TenantId, SecretHash),
        at: Timestamp,
        event: &OutboxEvent,
    ) -> Result<ApiKeyChange, StoreError> {
        self.inner.revoke_api_key(key, at, event).await
    }
}

fn event() -> OutboxEvent {
    OutboxEvent { id: EventId::NIL, payload: Vec::new() }
}

/// What unlocking an account with one failure answers, by its code if it fails, and what is recorded.
async fn unlock_while(attempts_to_come: u8) -> (Result<Value, &'static str>, Vec<Outcome>) {
    let (tenant, user) = ("0192f0c1-2345-7abc-8def-0123456789ab", "3f0f5f0e-6b51-4ad2-9d4e-0f6f3d1b2a10");
    let (tenant, user) = (tenant.parse().unwrap(), user.parse().unwrap());
    let clock = Arc::<FixedClock>::default();
    let busy = Busy { inner: MemoryStore::new(), clock: Arc::clone(&clock), attempts_to_come: Arc::default() };
    let outside = OutsideLambda::from_function_name(None).unwrap();
    let key = DevelopmentKey::ephemeral(&SeededEntropy::new(1), outside).unwrap();
    create_branch_key(&busy.inner, &key, tenant, (&*clock, &SeededEntropy::new(2))).await.unwrap();
    busy.fail(tenant, user, 101).await;
    busy.attempts_to_come.store(attempts_to_come, Ordering::SeqCst);
    let sink = Arc::<MemorySink>::default();
    let administer = Administer::new(Ports {
        keys: BranchKeys::new(busy.clone(), key, Arc::clone(&clock) as Arc<dyn Clock>),
        store: busy,
        audit: Arc::clone(&sink),
        policy: Policy::default(),
        clock,
        entropy: Arc::new(SeededEntropy::new(3)),
    });

    let answer = administer.answer(UNLOCK, &RequestId::from_transport("r-1")).await;
    let answer = answer.map(|answer| serde_json::to_value(&answer).unwrap()).map_err(|error| error.code());
    (answer, sink.events().into_iter().map(|event| event.outcome).collect())
}

#[tokio::test]
async fn a_key_that_another_operator_ends_meanwhile_is_neither_revoked_again_nor_rotated() {
    let tenant: TenantId = "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap();
    for command in [REVOKE, ROTATE] {
        let clock = Arc::<FixedClock>::default();
        let busy = Busy { inner: MemoryStore::new(), clock: Arc::clone(&clock), attempts_to_come: Arc::default() };
        let key = ApiKeyRecord::new(ApiKey::parse(API_KEY).unwrap().hash(), tenant, clock.now());
        busy.create_api_key(&key, &event()).await.unwrap();
        let outside = OutsideLambda::from_function_name(None).unwrap();
        let service = DevelopmentKey::ephemeral(&SeededEntropy::new(1), outside).unwrap();
        let sink = Arc::<MemorySink>::default();
        let administer = Administer::new(Ports {
            keys: BranchKeys::new(busy.clone(), service, Arc::clone(&clock) as Arc<dyn Clock>),
            store: busy.clone(),
            audit: Arc::clone(&sink),
            policy: Policy::default(),
            clock,
            entropy: Arc::new(SeededEntropy::new(3)),
        });

        let refused = administer.answer(command, &RequestId::from_transport("r-1")).await.unwrap_err();

        assert_eq!(refused.code(), "key-busy");
        assert!(sink.events().is_empty());
        assert_eq!(busy.inner.list_api_keys(tenant).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a9_a_user_whom_somebody_else_erases_meanwhile_is_erased_once_and_the_first_instant_stays() {
    let (tenant, user) = ("0192f0c1-2345-7abc-8def-0123456789ab", "3f0f5f0e-6b51-4ad2-9d4e-0f6f3d1b2a10");
    let (tenant, user) = (tenant.parse().unwrap(), user.parse().unwrap());
    let clock = Arc::<FixedClock>::default();
    let busy = Busy { inner: MemoryStore::new(), clock: Arc::clone(&clock), attempts_to_come: Arc::default() };
    let outside = OutsideLambda::from_function_name(None).unwrap();
    let key = DevelopmentKey::ephemeral(&SeededEntropy::new(1), outside).unwrap();
    create_branch_key(&busy.inner, &key, tenant, (&*clock, &SeededEntropy::new(2))).await.unwrap();
    let enrollment = Enrollment {
        tenant,
        user,
        key_version: 1,
        branch_key_version: BranchKeyVersion::FIRST,
        factors: FactorSet::of([FactorType::Pin, FactorType::Nfc]).unwrap(),
        created_at: clock.now(),
        user_key: Sealed::new(vec![1; 61]),
        askable_sets: Sealed::new(vec![2; 200]),
        device_id: None,
        request: RequestFingerprint { key: "01930b5b-8000-7000-8000-000000000001".parse().unwrap(), body: [3; 32] },
    };
    busy.inner.create_enrollment(&enrollment, &event()).await.unwrap();
    let sink = Arc::<MemorySink>::default();
    let administer = Administer::new(Ports {
        keys: BranchKeys::new(busy.clone(), key, Arc::clone(&clock) as Arc<dyn Clock>),
        store: busy,
        audit: Arc::clone(&sink),
        policy: Policy::default(),
        clock,
        entropy: Arc::new(SeededEntropy::new(3)),
    });

    let answer = administer.answer(ERASE, &RequestId::from_transport("r-1")).await.unwrap();

    let told = serde_json::to_value(&answer).unwrap();
    assert_eq!((&told["erased_at"], &told["was_erased"]), (&json!("2026-10-31T23:59:59Z"), &json!(true)));
    assert!(sink.events().is_empty());
}

#[tokio::test]
async fn v3_what_is_forgotten_is_what_is_told_though_attempts_come_between() {
    for attempts in 0..=3 {
        let (answer, trail) = unlock_while(attempts).await;

        assert_eq!(answer.unwrap()["failures_forgotten"], json!(1 + attempts));
        assert_eq!(trail, [Outcome::AccountUnlocked { failures: 1 + attempts }]);
    }
}

#[tokio::test]
async fn v3_an_account_that_keeps_changing_is_left_alone_and_the_operator_is_told() {
    let (answer, trail) = unlock_while(4).await;

    assert_eq!((answer.unwrap_err(), trail), ("account-busy", Vec::new()));
}
