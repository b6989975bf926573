//! Branch keys: a tenant's wrapped root of all its keys.

use std::future::Future;

use domain::{BranchKeyVersion, TenantId};
use jiff::Timestamp;

use crate::StoreError;

/// What is stored of one version of a tenant's branch key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchKeyRecord {
    /// The owner.
    pub tenant: TenantId,
    /// Counted from 1.
    pub version: BranchKeyVersion,
    /// The key as the key service wrapped it.
    pub wrapped: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Reads a branch key.
pub trait FindBranchKey: Send + Sync {
    /// The given version, or with `None` the tenant's newest.
    fn find_branch_key(
        &self,
        tenant: TenantId,
        version: Option<BranchKeyVersion>,
    ) -> impl Future<Output = Result<Option<BranchKeyRecord>, StoreError>> + Send;
}

/// Stores a new branch key. An operator's port.
pub trait CreateBranchKey: Send + Sync {
    /// Stores the version and makes it the newest, if and only if the newest is the one before it. `false` if not.
    /// Repeating a call whose answer was lost gives `true` again.
    fn create_branch_key(&self, record: &BranchKeyRecord) -> impl Future<Output = Result<bool, StoreError>> + Send;
}
