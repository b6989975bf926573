//! One process of initiate on state in memory.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use admission::{Admission, Arrival, CallerKind, Route};
use audit::MemorySink;
use crypto::{BranchKey, DevelopmentKey, KdfParameters, OutsideLambda, UserKey};
use denials::Denials;
use domain::{Clock, Enrollment, Entropy, EventId, IdempotencyKey, RequestId, SourceAddress, TenantId, UserId};
use initiate::{Initiate, InitiateError, InitiateRequest, Opened, Ports};
use jiff::Timestamp;
use keyring::{BranchKeys, create_branch_key};
use store::{CreateEnrollment, OutboxEvent};
use testkit::{FixedClock, MemoryStore, SeededEntropy};

use crate::switching::Switching;

/// A process and what to look into.
pub(crate) struct Scene {
    pub(crate) store: Switching,
    pub(crate) sink: Arc<MemorySink>,
    /// The tenant's key.
    pub(crate) branch: Arc<BranchKey>,
    initiate: Initiate<Switching, DevelopmentKey, Arc<MemorySink>>,
    keys_used: AtomicU8,
}

impl Scene {
    pub(crate) async fn new(limits: &str) -> Self {
        let store = Switching::new(MemoryStore::new());
        let clock: Arc<dyn Clock> = Arc::<FixedClock>::default();
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(1));
        let outside = OutsideLambda::from_function_name(None).unwrap();
        let service = DevelopmentKey::ephemeral(&*entropy, outside).unwrap();
        create_branch_key(&store.inner, &service, tenant(), (&*clock, &*entropy)).await.unwrap();
        let sink = Arc::<MemorySink>::default();
        let keys = BranchKeys::new(store.clone(), service, Arc::clone(&clock));
        let branch = keys.current(tenant()).await.unwrap();
        let initiate = Initiate::new(Ports {
            store: store.clone(),
            admission: Admission::new(admission::Ports {
                store: store.clone(),
                policy: limits.parse().unwrap(),
                clock: Arc::clone(&clock),
                entropy: Arc::clone(&entropy),
            }),
            keys,
            denials: Denials::new(Arc::clone(&sink), Arc::clone(&clock), Arc::clone(&entropy)),
            audit: Arc::clone(&sink),
            parameters: KdfParameters::PBKDF2_100K,
            clock,
            entropy,
        });
        Self { store, sink, branch, initiate, keys_used: AtomicU8::new(0) }
    }

    /// A fresh idempotency key.
    pub(crate) fn key(&self) -> IdempotencyKey {
        let number = self.keys_used.fetch_add(1, Ordering::Relaxed);
        format!("01a19467-e800-7abc-8def-0123456789{number:02x}").parse().unwrap()
    }

    /// Opens a verification of the user.
    pub(crate) async fn initiate(&self, key: IdempotencyKey) -> Result<Opened, InitiateError> {
        self.initiate_with(key, b"{}").await
    }

    /// The same with this body.
    pub(crate) async fn initiate_with(&self, key: IdempotencyKey, body: &[u8]) -> Result<Opened, InitiateError> {
        let (caller, tenant, user) = (CallerKind::Server, tenant(), user());
        let request = InitiateRequest {
            arrival: Arrival {
                route: Route::Initiate,
                tenant,
                caller,
                source: source(),
                user: Some(user),
                key: Some(key),
            },
            user,
            transaction: None,
            key,
            body,
            request_id: &RequestId::from_transport("r-1"),
        };
        self.initiate.initiate(request).await
    }

    /// Enrols the user, who is asked what a decoy would be asked; gives the key of their own.
    pub(crate) async fn enroll(&self) -> UserKey {
        let (branch, entropy) = (&self.branch, SeededEntropy::new(7));
        let user_key = branch.new_user_key(user(), &entropy).unwrap();
        let verifiers = branch.decoy(user(), KdfParameters::PBKDF2_100K).unwrap().verifiers().unwrap();
        let enrollment = Enrollment {
            tenant: tenant(),
            user: user(),
            key_version: 1,
            branch_key_version: branch.version(),
            factors: verifiers.asked([0; 16]).unwrap().set(),
            created_at: Timestamp::UNIX_EPOCH,
            user_key: branch.seal_user_key(&user_key, &entropy).unwrap(),
            askable_sets: user_key.seal_verifiers(&verifiers, 1, &entropy).unwrap(),
            device_id: None,
            request: branch.fingerprint(self.key(), "enroll", b"{}"),
        };
        let event = OutboxEvent { id: EventId::from_keyed_bytes([1; 16]), payload: Vec::new() };
        self.store.inner.create_enrollment(&enrollment, &event).await.unwrap();
        user_key
    }
}

/// Where every request comes from.
pub(crate) fn source() -> SourceAddress {
    SourceAddress::from_transport(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7)))
}

fn tenant() -> TenantId {
    TenantId::from_keyed_bytes([1; 16])
}

fn user() -> UserId {
    UserId::from_keyed_bytes([2; 16])
}
