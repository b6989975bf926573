//! Branch keys and signing keys in memory.

use domain::{BranchKeyVersion, KeyId, TenantId};
use jiff::Timestamp;
use store::{
    BranchKeyRecord, CreateBranchKey, CreateSigningKey, FindBranchKey, KeyRetirement, ListBranchKeys, ListSigningKeys,
    OutboxEvent, RegisteredBranchKey, RetireSigningKey, RotateBranchKey, SigningKeyRecord, StoreError, register_part,
};

use super::outbox::keep;
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
        Ok(create(&mut self.content(), record))
    }
}

impl RotateBranchKey for MemoryStore {
    async fn rotate_branch_key(&self, record: &BranchKeyRecord, event: &OutboxEvent) -> Result<bool, StoreError> {
        let mut content = self.content();
        let is_new = !content.branch_keys.contains_key(&(record.tenant, record.version));
        let created = create(&mut content, record);
        if created && is_new {
            keep(&mut content, event);
        }
        Ok(created)
    }
}

impl ListBranchKeys for MemoryStore {
    async fn list_branch_keys(&self, part: u8) -> Result<Vec<RegisteredBranchKey>, StoreError> {
        let content = self.content();
        let records = content.branch_keys.values().filter(|record| register_part(record.tenant) == part);
        let newest = records.filter(|record| newest(&content, record.tenant) == Some(*record));
        Ok(newest
            .map(|record| RegisteredBranchKey {
                tenant: record.tenant,
                newest: record.version,
                created_at: record.created_at,
            })
            .collect())
    }
}

fn create(content: &mut Content, record: &BranchKeyRecord) -> bool {
    let record = BranchKeyRecord { created_at: stored(record.created_at), ..record.clone() };
    if let Some(existing) = content.branch_keys.get(&(record.tenant, record.version)) {
        return *existing == record;
    }
    let newest = newest(content, record.tenant).map_or(0, |newest| newest.version.number());
    if newest + 1 != record.version.number() {
        return false;
    }
    content.branch_keys.insert((record.tenant, record.version), record);
    true
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
        create_signing(&mut self.content(), record);
        Ok(())
    }
}

impl RetireSigningKey for MemoryStore {
    async fn retire_signing_key(&self, retirement: &KeyRetirement, event: &OutboxEvent) -> Result<bool, StoreError> {
        let mut content = self.content();
        let successor = retirement.successor.as_ref();
        if successor.is_some_and(|successor| content.signing_keys.contains_key(&successor.id)) {
            return Ok(false);
        }
        let Some(record) = content.signing_keys.get_mut(&retirement.key) else { return Ok(false) };
        if record.retires_at != retirement.known.map(stored) {
            return Ok(false);
        }
        record.retires_at = Some(stored(retirement.retires_at));
        if let Some(successor) = successor {
            create_signing(&mut content, successor);
        }
        keep(&mut content, event);
        Ok(true)
    }

    async fn remove_signing_key(&self, key: &KeyId, by: Timestamp) -> Result<(), StoreError> {
        let mut content = self.content();
        let retired = |record: &SigningKeyRecord| record.retires_at.is_some_and(|at| at <= stored(by));
        if content.signing_keys.get(key).is_some_and(retired) {
            content.signing_keys.remove(key);
        }
        Ok(())
    }
}

fn create_signing(content: &mut Content, record: &SigningKeyRecord) {
    content.signing_keys.entry(record.id.clone()).or_insert_with(|| SigningKeyRecord {
        created_at: stored(record.created_at),
        signs_from: stored(record.signs_from),
        retires_at: record.retires_at.map(stored),
        ..record.clone()
    });
}
