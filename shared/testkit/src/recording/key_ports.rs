//! The ports of rotating keys, of an observed store.

use domain::KeyId;
use jiff::Timestamp;
use store::{
    BranchKeyRecord, KeyRetirement, ListBranchKeys, OutboxEvent, RegisteredBranchKey, RetireSigningKey,
    RotateBranchKey, StoreError,
};

use super::RecordingStore;

impl<S: RotateBranchKey> RotateBranchKey for RecordingStore<S> {
    async fn rotate_branch_key(&self, record: &BranchKeyRecord, event: &OutboxEvent) -> Result<bool, StoreError> {
        self.run("RotateBranchKey", 4, self.inner.rotate_branch_key(record, event)).await
    }
}

impl<S: ListBranchKeys> ListBranchKeys for RecordingStore<S> {
    async fn list_branch_keys(&self, part: u8) -> Result<Vec<RegisteredBranchKey>, StoreError> {
        self.run("ListBranchKeys", 0, self.inner.list_branch_keys(part)).await
    }
}

impl<S: RetireSigningKey> RetireSigningKey for RecordingStore<S> {
    async fn retire_signing_key(&self, retirement: &KeyRetirement, event: &OutboxEvent) -> Result<bool, StoreError> {
        let writes = 2 + usize::from(retirement.successor.is_some());
        self.run("RetireSigningKey", writes, self.inner.retire_signing_key(retirement, event)).await
    }

    async fn remove_signing_key(&self, key: &KeyId, by: Timestamp) -> Result<(), StoreError> {
        self.run("RetireSigningKey", 1, self.inner.remove_signing_key(key, by)).await
    }
}
