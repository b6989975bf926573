//! Ports of rotating keys: passed through.

use domain::KeyId;
use jiff::Timestamp;
use store::{
    BranchKeyRecord, KeyRetirement, ListBranchKeys, OutboxEvent, RegisteredBranchKey, RetireSigningKey,
    RotateBranchKey, StoreError,
};

use crate::Tiered;

impl<D: RotateBranchKey> RotateBranchKey for Tiered<D> {
    async fn rotate_branch_key(&self, record: &BranchKeyRecord, event: &OutboxEvent) -> Result<bool, StoreError> {
        self.durable.rotate_branch_key(record, event).await
    }
}

impl<D: ListBranchKeys> ListBranchKeys for Tiered<D> {
    async fn list_branch_keys(&self, part: u8) -> Result<Vec<RegisteredBranchKey>, StoreError> {
        self.durable.list_branch_keys(part).await
    }
}

impl<D: RetireSigningKey> RetireSigningKey for Tiered<D> {
    async fn retire_signing_key(&self, retirement: &KeyRetirement, event: &OutboxEvent) -> Result<bool, StoreError> {
        self.durable.retire_signing_key(retirement, event).await
    }

    async fn remove_signing_key(&self, key: &KeyId, by: Timestamp) -> Result<(), StoreError> {
        self.durable.remove_signing_key(key, by).await
    }
}
