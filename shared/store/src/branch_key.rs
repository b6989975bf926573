//! Branch keys: a tenant's wrapped root of all its keys.

use std::future::Future;

use domain::{BranchKeyVersion, TenantId};
use jiff::Timestamp;

use crate::{OutboxEvent, StoreError};

/// What is stored of one version of a tenant's branch key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchKeyRecord {
    /// The owner.
    pub tenant: TenantId,
    /// Counted from 1.
    pub version: BranchKeyVersion,
    /// The key as the key service wrapped it.
    pub wrapped: Vec<u8>,
    /// The first version as the key service wrapped it, with every later one: it gives them their names, so that both are one read.
    pub first: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl BranchKeyRecord {
    /// The first version as the key service wrapped it.
    #[must_use]
    pub fn first(&self) -> &[u8] {
        self.first.as_ref().unwrap_or(&self.wrapped)
    }
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

/// Stores the version of a branch key that follows the newest. The port of rotating alone.
pub trait RotateBranchKey: Send + Sync {
    /// As [`CreateBranchKey::create_branch_key`], with the event in the same transaction.
    fn rotate_branch_key(
        &self,
        record: &BranchKeyRecord,
        event: &OutboxEvent,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// What the register of branch keys says of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegisteredBranchKey {
    /// The owner.
    pub tenant: TenantId,
    /// The newest version.
    pub newest: BranchKeyVersion,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Lists whose branch keys there are. The port of rotating alone.
pub trait ListBranchKeys: Send + Sync {
    /// All tenants in a part of the register, strongly consistent.
    fn list_branch_keys(&self, part: u8) -> impl Future<Output = Result<Vec<RegisteredBranchKey>, StoreError>> + Send;
}

/// The part of the register that a tenant is in.
#[must_use]
pub fn register_part(tenant: TenantId) -> u8 {
    tenant.as_bytes().last().copied().unwrap_or_default() % REGISTER_PARTS
}

/// How many parts the register of branch keys has: of 100,000 tenants, each is read as one megabyte.
pub const REGISTER_PARTS: u8 = 16;
