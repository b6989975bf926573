//! One process of reconcile on state in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use audit::{Event, MemorySink, VerificationTrail};
use crypto::{BranchKey, DevelopmentKey, OutsideLambda};
use domain::{
    Account, Attempt, AttemptMark, AttemptState, BranchKeyVersion, Clock, EventId, FactorSet, FactorType, Home,
    IdempotencyKey, RequestFingerprint, RequestId, RequestNonce, Sealed, SessionId, SessionSeed, TenantId, UserId,
    VERIFICATION_LIFETIME, Verification, VerificationId, Verified,
};
use jiff::Timestamp;
use keyring::{BranchKeys, create_branch_key};
use reconcile::{Ports, Reconcile};
use serde_json::json;
use store::{FindAccount, IndexEvents, LogPosition, ReserveFailure};
use testkit::{FixedClock, MemoryStore, SeededEntropy};

/// A process, and everything to look into.
pub(crate) struct Scene {
    pub(crate) store: MemoryStore,
    pub(crate) sink: Arc<MemorySink>,
    pub(crate) clock: Arc<FixedClock>,
    branch: Arc<BranchKey>,
    request_id: RequestId,
    reconcile: Reconcile<MemoryStore, MemoryStore, DevelopmentKey, Arc<MemorySink>>,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let (store, clock, entropy) = (MemoryStore::new(), Arc::<FixedClock>::default(), SeededEntropy::new(1));
        let outside = OutsideLambda::from_function_name(None).unwrap();
        let service = DevelopmentKey::ephemeral(&entropy, outside).unwrap();
        create_branch_key(&store, &service, tenant(), (&*clock, &entropy)).await.unwrap();
        let ticking = || Arc::clone(&clock) as Arc<dyn Clock>;
        let keys = BranchKeys::new(store.clone(), service, ticking());
        let branch = keys.current(tenant()).await.unwrap();
        let sink = Arc::<MemorySink>::default();
        let reconcile = Reconcile::new(Ports {
            store: store.clone(),
            index: store.clone(),
            keys,
            audit: Arc::clone(&sink),
            clock: ticking(),
        });
        Self { store, sink, clock, branch, request_id: RequestId::from_transport("r-1"), reconcile }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A verification whose second attempt was right.
    pub(crate) fn succeeded(&self) -> Verification {
        let attempts = [(1, AttemptState::Wrong { attempts_remaining: 2 }), (2, AttemptState::Right)];
        let verified = Verified { at: self.now(), session: session(), answer: Sealed::new(vec![1]) };
        Verification { verified: Some(verified), ..self.with_attempts(attempts) }
    }

    /// A verification with these attempts.
    pub(crate) fn with_attempts<const N: usize>(&self, attempts: [(u8, AttemptState); N]) -> Verification {
        let attempt = |(number, state)| {
            let attempt = Attempt { body: [number; 32], claimed_at: self.now(), nonce: RequestNonce([1; 8]), state };
            (attempt_key(number), attempt)
        };
        Verification {
            tenant: tenant(),
            id: VerificationId::at_home([3; 16], Home::Table),
            user: UserId::from_keyed_bytes([2; 16]),
            asked: FactorSet::of([FactorType::Pin, FactorType::Nfc]).unwrap(),
            key_version: 1,
            branch_key_version: BranchKeyVersion::FIRST,
            seed: SessionSeed::new([4; 16]),
            further_turns: 0,
            transaction: None,
            created_at: self.now(),
            expires_at: self.now() + VERIFICATION_LIFETIME,
            attempts: attempts.into_iter().map(attempt).collect::<BTreeMap<_, _>>(),
            verified: None,
            request: RequestFingerprint { key: attempt_key(0), body: [6; 32] },
        }
    }

    /// The trail of the verification as initiate and verify tell it.
    pub(crate) fn trail<'a>(&'a self, verification: &'a Verification) -> VerificationTrail<'a> {
        VerificationTrail { branch: &self.branch, verification, request_id: &self.request_id }
    }

    /// Puts the events into the index.
    pub(crate) async fn log(&self, events: &[Event]) {
        let position = LogPosition { shard: 0, batch: 1, index: 0 };
        let records: Vec<_> = events.iter().map(|event| event.record_at(position)).collect();
        assert_eq!(self.store.index_events(&records).await.unwrap(), []);
    }

    /// So many failures of the user's account, now.
    pub(crate) async fn fail(&self, user: UserId, failures: usize) -> Account {
        for number in (0..).take(failures) {
            self.store.reserve_failure(tenant(), user, AttemptMark([number; 8]), self.now()).await.unwrap();
        }
        self.store.find_account(tenant(), user).await.unwrap().unwrap()
    }

    /// Lets the present verifications end.
    pub(crate) fn after_its_end(&self) {
        self.clock.advance(2 * VERIFICATION_LIFETIME);
    }

    /// What is added after the end of the verification that the event tells of.
    pub(crate) async fn reconciled(&self, event: &Event) -> Vec<Event> {
        self.after_its_end();
        self.sink.forget();
        assert_eq!(self.deliver(&[event.canonical_json()]).await, [""; 0]);
        self.sink.events()
    }

    /// Delivers messages, numbered from 0; gives those that have to come again.
    pub(crate) async fn deliver(&self, bodies: &[String]) -> Vec<String> {
        let records: Vec<_> = bodies
            .iter()
            .enumerate()
            .map(|(number, body)| json!({ "messageId": number.to_string(), "body": body }))
            .collect();
        let batch = serde_json::from_value(json!({ "Records": records })).unwrap();
        let response = self.reconcile.reconcile(batch).await;
        response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
    }
}

/// The session that a right attempt opens.
pub(crate) fn session() -> SessionId {
    SessionId::from_keyed_bytes([5; 16])
}

/// The `number`th attempt's idempotency key.
pub(crate) fn attempt_key(number: u8) -> IdempotencyKey {
    EventId::at("2026-11-01T00:00:00Z".parse().unwrap(), &[number; 10]).to_string().parse().unwrap()
}

fn tenant() -> TenantId {
    TenantId::from_keyed_bytes([1; 16])
}
