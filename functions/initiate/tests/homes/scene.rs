//! One process of initiate on state in memory.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use admission::{Admission, Arrival, CallerKind, Route};
use audit::MemorySink;
use crypto::{DevelopmentKey, KdfParameters, OutsideLambda};
use denials::Denials;
use domain::{Clock, Entropy, IdempotencyKey, RequestId, SourceAddress, TenantId, UserId};
use initiate::{Initiate, InitiateError, InitiateRequest, Opened, Ports};
use keyring::{BranchKeys, create_branch_key};
use testkit::{FixedClock, MemoryStore, SeededEntropy};

use crate::switching::Switching;

/// A process and what to look into.
pub(crate) struct Scene {
    pub(crate) store: Switching,
    pub(crate) sink: Arc<MemorySink>,
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
        let initiate = Initiate::new(Ports {
            store: store.clone(),
            admission: Admission::new(admission::Ports {
                store: store.clone(),
                policy: limits.parse().unwrap(),
                clock: Arc::clone(&clock),
                entropy: Arc::clone(&entropy),
            }),
            keys: BranchKeys::new(store.clone(), service, Arc::clone(&clock)),
            denials: Denials::new(Arc::clone(&sink), Arc::clone(&clock), Arc::clone(&entropy)),
            audit: Arc::clone(&sink),
            parameters: KdfParameters::PBKDF2_100K,
            clock,
            entropy,
        });
        Self { store, sink, initiate, keys_used: AtomicU8::new(0) }
    }

    /// A fresh idempotency key.
    pub(crate) fn key(&self) -> IdempotencyKey {
        let number = self.keys_used.fetch_add(1, Ordering::Relaxed);
        format!("01a19467-e800-7abc-8def-0123456789{number:02x}").parse().unwrap()
    }

    /// Opens a verification of an unknown user.
    pub(crate) async fn initiate(&self, key: IdempotencyKey) -> Result<Opened, InitiateError> {
        let source = SourceAddress::from_transport(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let (caller, user) = (CallerKind::Server, UserId::from_keyed_bytes([2; 16]));
        let (tenant, user_of) = (tenant(), Some(user));
        let request = InitiateRequest {
            arrival: Arrival { route: Route::Initiate, tenant, caller, source, user: user_of, key: Some(key) },
            user,
            transaction: None,
            key,
            body: b"{}",
            request_id: &RequestId::from_transport("r-1"),
        };
        self.initiate.initiate(request).await
    }
}

fn tenant() -> TenantId {
    TenantId::from_keyed_bytes([1; 16])
}
