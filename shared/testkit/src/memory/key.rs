//! Branch keys and signing keys in memory.

use domain::{BranchKeyVersion, TenantId};
use store::{
    BranchKeyRecord, CreateBranchKey, CreateSigningKey, FindBranchKey, ListSigningKeys, SigningKeyRecord, StoreError,
};

use super::{Content, MemoryStore, stored};

impl FindBranchKey for MemoryStore {
    async fn find_branch_key(
        &self,
        tenant: TenantId,
        version: Option<BranchKeyVersion>,
    ) -> Result<Option<BranchKeyRecord>, StoreError> {
        let content = self.content();
        Ok(match version {
            Some(version) => content.branch_keys.get(&(tenant, version)).cloned(),
            None => newest(&content, tenant).cloned(),
        })
    }
}

impl CreateBranchKey for MemoryStore {
    async fn create_branch_key(&self, record: &BranchKeyRecord) -> Result<bool, StoreError> {
        let record = BranchKeyRecord { created_at: stored(record.created_at), ..record.clone() };
        let mut content = self.content();
        if let Some(existing) = content.branch_keys.get(&(record.tenant, record.version)) {
            return Ok(*existing == record);
        }
        let newest = newest(&content, record.tenant).map_or(0, |newest| newest.version.number());
        if newest + 1 != record.version.number() {
            return Ok(false);
        }
        content.branch_keys.insert((record.tenant, record.version), record);
        Ok(true)
    }
}

fn newest(content: &Content, tenant: TenantId) -> Option<&BranchKeyRecord> {
    let of_tenant = content.branch_keys.range((tenant, BranchKeyVersion::FIRST)..);
    of_tenant.map(|(_, record)| record).take_while(|record| record.tenant == tenant).last()
}

impl ListSigningKeys for MemoryStore {
    async fn list_signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        let mut records: Vec<_> = self.content().signing_keys.values().cloned().collect();
        records.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(records)
    }
}

impl CreateSigningKey for MemoryStore {
    async fn create_signing_key(&self, record: &SigningKeyRecord) -> Result<(), StoreError> {
        self.content().signing_keys.entry(record.id.clone()).or_insert_with(|| SigningKeyRecord {
            created_at: stored(record.created_at),
            signs_from: stored(record.signs_from),
            retires_at: record.retires_at.map(stored),
            ..record.clone()
        });
        Ok(())
    }
}
