//! API keys in memory.

use domain::{ApiKeyId, SecretHash, TenantId};
use jiff::Timestamp;
use store::{
    ApiKeyChange, ApiKeyRecord, ApiKeyRotation, CreateApiKey, FindApiKey, ListApiKeys, ListedApiKey, NoteApiKeyUse,
    OutboxEvent, RevokeApiKey, RotateApiKey, StoreError, USE_NOTED_EVERY,
};

use super::outbox::keep;
use super::{Content, MemoryStore, stored};

impl FindApiKey for MemoryStore {
    async fn find_api_key(&self, hash: SecretHash) -> Result<Option<ApiKeyRecord>, StoreError> {
        Ok(self.content().api_keys.get(hash.as_bytes()).map(|key| key.record.clone()))
    }
}

impl CreateApiKey for MemoryStore {
    async fn create_api_key(&self, record: &ApiKeyRecord, event: &OutboxEvent) -> Result<(), StoreError> {
        let mut content = self.content();
        if !content.api_keys.contains_key(record.hash.as_bytes()) {
            insert(&mut content, record);
            keep(&mut content, event);
        }
        Ok(())
    }
}

impl ListApiKeys for MemoryStore {
    async fn list_api_keys(&self, tenant: TenantId) -> Result<Vec<ListedApiKey>, StoreError> {
        let content = self.content();
        let mut keys: Vec<_> = content.api_keys.values().filter(|key| key.record.tenant == tenant).cloned().collect();
        keys.sort_by_key(|key| (key.record.created_at, key.record.id()));
        Ok(keys)
    }
}

impl RotateApiKey for MemoryStore {
    async fn rotate_api_key(&self, rotation: &ApiKeyRotation, event: &OutboxEvent) -> Result<ApiKeyChange, StoreError> {
        let ApiKeyRotation { replaced, replaced_expires_at, replacement } = rotation;
        let mut content = self.content();
        let Some(old) = of_tenant(&mut content, (replacement.tenant, *replaced)) else {
            return Ok(ApiKeyChange::Refused);
        };
        if old.replaced_by == Some(replacement.id()) {
            return Ok(ApiKeyChange::Changed);
        }
        if old.revoked_at.is_some() || old.replaced_by.is_some() {
            return Ok(ApiKeyChange::Refused);
        }
        old.expires_at = Some(stored(*replaced_expires_at));
        old.replaced_by = Some(replacement.id());
        insert(&mut content, replacement);
        keep(&mut content, event);
        Ok(ApiKeyChange::Changed)
    }
}

impl RevokeApiKey for MemoryStore {
    async fn revoke_api_key(
        &self,
        key: (TenantId, SecretHash),
        at: Timestamp,
        event: &OutboxEvent,
    ) -> Result<ApiKeyChange, StoreError> {
        let mut content = self.content();
        match of_tenant(&mut content, key).filter(|record| record.revoked_at.is_none()) {
            None => Ok(ApiKeyChange::Refused),
            Some(record) => {
                record.revoked_at = Some(stored(at));
                keep(&mut content, event);
                Ok(ApiKeyChange::Changed)
            }
        }
    }
}

impl NoteApiKeyUse for MemoryStore {
    async fn note_api_key_use(&self, tenant: TenantId, key: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        let mut content = self.content();
        let mut keys = content.api_keys.values_mut();
        let found = keys.find(|listed| listed.record.tenant == tenant && listed.record.id() == key);
        if let Some(listed) = found {
            let at = stored(at);
            let before = at.saturating_sub(USE_NOTED_EVERY).unwrap_or(Timestamp::MIN);
            if listed.used_at.is_none_or(|used_at| used_at <= before) {
                listed.used_at = Some(at);
            }
        }
        Ok(())
    }
}

fn insert(content: &mut Content, record: &ApiKeyRecord) {
    let record = ApiKeyRecord {
        created_at: stored(record.created_at),
        expires_at: record.expires_at.map(stored),
        ..record.clone()
    };
    content.api_keys.insert(*record.hash.as_bytes(), ListedApiKey { record, used_at: None });
}

fn of_tenant(content: &mut Content, (tenant, hash): (TenantId, SecretHash)) -> Option<&mut ApiKeyRecord> {
    let record = &mut content.api_keys.get_mut(hash.as_bytes())?.record;
    (record.tenant == tenant).then_some(record)
}
