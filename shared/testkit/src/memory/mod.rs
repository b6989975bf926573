//! The ports in memory: what the adapters on real engines are compared with, and what simulations run on.

mod access_list;
mod account;
mod api_key;
mod draw;
mod enrollment;
mod event;
mod key;
mod lifecycle;
mod log_head;
mod outbox;
mod request;
mod session;
mod verification;
mod whole;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{
    Account, BranchKeyVersion, Counter, CounterKey, Enrollment, EventId, IdempotencyKey, KeyId, ListedSubject, Listing,
    SessionEpoch, TenantId, UserId, Verification, VerificationId,
};
use jiff::Timestamp;
use store::{BranchKeyRecord, CheckReadiness, EventKey, EventRecord, ListedApiKey, SigningKeyRecord, StoreError};

use self::log_head::Shard;
use self::request::KeptRequest;

/// All ports over maps behind one lock. Clones share their content. Never fails and never waits: wrap it in a
/// [`RecordingStore`](crate::RecordingStore) for faults and for overlapping calls.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Content>>);

#[derive(Debug, Clone, Default)]
struct Content {
    enrollments: BTreeMap<(TenantId, UserId), Enrollment>,
    disabled: BTreeMap<(TenantId, UserId), Timestamp>,
    erased: BTreeMap<(TenantId, UserId), Timestamp>,
    accounts: BTreeMap<(TenantId, UserId), Account>,
    epochs: BTreeMap<TenantId, SessionEpoch>,
    verifications: BTreeMap<(TenantId, VerificationId), Verification>,
    requests: BTreeMap<(TenantId, IdempotencyKey), KeptRequest>,
    counters: BTreeMap<CounterKey, Counter>,
    listings: BTreeMap<ListedSubject, Listing>,
    branch_keys: BTreeMap<(TenantId, BranchKeyVersion), BranchKeyRecord>,
    api_keys: BTreeMap<[u8; 32], ListedApiKey>,
    signing_keys: BTreeMap<KeyId, SigningKeyRecord>,
    outbox: BTreeMap<EventId, Vec<u8>>,
    shards: BTreeMap<u16, Shard>,
    events: BTreeMap<EventKey, EventRecord>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets what stores forget by themselves in time, or what is drained: all that is ephemeral, accounts, events, and the outbox. For tests that go on for longer
    /// than a map can grow.
    pub fn forget(&self) {
        let mut content = self.content();
        content.accounts.clear();
        content.verifications.clear();
        content.requests.clear();
        content.counters.clear();
        content.outbox.clear();
        content.events.clear();
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CheckReadiness for MemoryStore {
    async fn check_readiness(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Instants are stored with millisecond resolution, as every store has it.
fn stored(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}
