//! A store whose cache fails at the first write, whereupon the table takes over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::{
    BranchKeyVersion, CounterKey, Draw, Drawn, Enrollment, Home, Listing, TenantId, UserId, Verification,
    VerificationId,
};
use store::{
    BranchKeyRecord, DrawPermits, FindBranchKey, FindEnrollment, FindListings, FindVerification, OpenVerification,
    Opening, StoreError, StoreErrorKind,
};
use testkit::MemoryStore;

/// Everything in memory, as if verifications were in a cache that is about to fail.
#[derive(Debug, Clone)]
pub(crate) struct Switching {
    pub(crate) inner: MemoryStore,
    /// Whether the cache can still be asked.
    pub(crate) lookups_work: Arc<AtomicBool>,
    /// Whether the table takes over.
    pub(crate) takes_over: Arc<AtomicBool>,
    /// Whether lookups find nothing, as if the other request's write were still on its way.
    pub(crate) finds_nothing: Arc<AtomicBool>,
    /// Whether enrollments can be read.
    pub(crate) enrollments_work: Arc<AtomicBool>,
    has_failed: Arc<AtomicBool>,
}

impl Switching {
    pub(crate) fn new(inner: MemoryStore) -> Self {
        let flag = |value| Arc::new(AtomicBool::new(value));
        Self {
            inner,
            lookups_work: flag(true),
            takes_over: flag(true),
            enrollments_work: flag(true),
            finds_nothing: flag(false),
            has_failed: flag(false),
        }
    }

    fn failed(&self, operation: &'static str) -> StoreError {
        self.has_failed.store(self.takes_over.load(Ordering::SeqCst), Ordering::SeqCst);
        StoreError::new(StoreErrorKind::Unavailable, operation, "the cache is away")
    }
}

impl OpenVerification for Switching {
    fn home(&self) -> Home {
        if self.has_failed.load(Ordering::SeqCst) { Home::Table } else { Home::Cache }
    }

    async fn open_verification(&self, verification: &Verification) -> Result<Opening, StoreError> {
        if verification.id.home() == Home::Cache {
            return Err(self.failed("OpenVerification"));
        }
        self.inner.open_verification(verification).await
    }
}

impl FindVerification for Switching {
    async fn find_verification(
        &self,
        tenant: TenantId,
        id: VerificationId,
    ) -> Result<Option<Verification>, StoreError> {
        if id.home() == Home::Cache && !self.lookups_work.load(Ordering::SeqCst) {
            return Err(self.failed("FindVerification"));
        }
        if self.finds_nothing.load(Ordering::SeqCst) {
            return Ok(None);
        }
        self.inner.find_verification(tenant, id).await
    }
}

impl FindBranchKey for Switching {
    async fn find_branch_key(
        &self,
        tenant: TenantId,
        version: Option<BranchKeyVersion>,
    ) -> Result<Option<BranchKeyRecord>, StoreError> {
        self.inner.find_branch_key(tenant, version).await
    }
}

impl FindEnrollment for Switching {
    async fn find_enrollment(&self, tenant: TenantId, user: UserId) -> Result<Option<Enrollment>, StoreError> {
        if !self.enrollments_work.load(Ordering::SeqCst) {
            return Err(StoreError::new(StoreErrorKind::Unavailable, "FindEnrollment", "told to"));
        }
        self.inner.find_enrollment(tenant, user).await
    }
}

impl FindListings for Switching {
    async fn find_listings(&self) -> Result<Vec<Listing>, StoreError> {
        self.inner.find_listings().await
    }
}

impl DrawPermits for Switching {
    async fn draw_permits(&self, key: &CounterKey, draw: &Draw) -> Result<Drawn, StoreError> {
        self.inner.draw_permits(key, draw).await
    }
}
