//! Ports of what is durable: passed through.

use domain::{ApiKeyId, BranchKeyVersion, ListedSubject, Listing, SecretHash, TenantId};
use jiff::Timestamp;
use store::{
    ApiKeyChange, ApiKeyRecord, ApiKeyRotation, BranchKeyRecord, ChangeListings, CheckReadiness, CreateApiKey,
    CreateBranchKey, CreateSigningKey, FindApiKey, FindBranchKey, FindListings, ListApiKeys, ListSigningKeys,
    ListedApiKey, NoteApiKeyUse, OutboxEvent, RevokeApiKey, RotateApiKey, SigningKeyRecord, StoreError,
};

use crate::Tiered;

impl<D: FindApiKey> FindApiKey for Tiered<D> {
    async fn find_api_key(&self, hash: SecretHash) -> Result<Option<ApiKeyRecord>, StoreError> {
        self.durable.find_api_key(hash).await
    }
}

impl<D: CreateApiKey> CreateApiKey for Tiered<D> {
    async fn create_api_key(&self, record: &ApiKeyRecord, event: &OutboxEvent) -> Result<(), StoreError> {
        self.durable.create_api_key(record, event).await
    }
}

impl<D: ListApiKeys> ListApiKeys for Tiered<D> {
    async fn list_api_keys(&self, tenant: TenantId) -> Result<Vec<ListedApiKey>, StoreError> {
        self.durable.list_api_keys(tenant).await
    }
}

impl<D: RotateApiKey> RotateApiKey for Tiered<D> {
    async fn rotate_api_key(&self, rotation: &ApiKeyRotation, event: &OutboxEvent) -> Result<ApiKeyChange, StoreError> {
        self.durable.rotate_api_key(rotation, event).await
    }
}

impl<D: RevokeApiKey> RevokeApiKey for Tiered<D> {
    async fn revoke_api_key(
        &self,
        key: (TenantId, SecretHash),
        at: Timestamp,
        event: &OutboxEvent,
    ) -> Result<ApiKeyChange, StoreError> {
        self.durable.revoke_api_key(key, at, event).await
    }
}

impl<D: NoteApiKeyUse> NoteApiKeyUse for Tiered<D> {
    async fn note_api_key_use(&self, tenant: TenantId, key: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        self.durable.note_api_key_use(tenant, key, at).await
    }
}

impl<D: FindBranchKey> FindBranchKey for Tiered<D> {
    async fn find_branch_key(
        &self,
        tenant: TenantId,
        version: Option<BranchKeyVersion>,
    ) -> Result<Option<BranchKeyRecord>, StoreError> {
        self.durable.find_branch_key(tenant, version).await
    }
}

impl<D: CreateBranchKey> CreateBranchKey for Tiered<D> {
    async fn create_branch_key(&self, record: &BranchKeyRecord) -> Result<bool, StoreError> {
        self.durable.create_branch_key(record).await
    }
}

impl<D: ListSigningKeys> ListSigningKeys for Tiered<D> {
    async fn list_signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        self.durable.list_signing_keys().await
    }
}

impl<D: CreateSigningKey> CreateSigningKey for Tiered<D> {
    async fn create_signing_key(&self, record: &SigningKeyRecord) -> Result<(), StoreError> {
        self.durable.create_signing_key(record).await
    }
}

impl<D: FindListings> FindListings for Tiered<D> {
    async fn find_listings(&self) -> Result<Vec<Listing>, StoreError> {
        self.durable.find_listings().await
    }
}

impl<D: ChangeListings> ChangeListings for Tiered<D> {
    async fn put_listing(&self, listing: &Listing, event: &OutboxEvent) -> Result<(), StoreError> {
        self.durable.put_listing(listing, event).await
    }

    async fn remove_listing(&self, subject: &ListedSubject, event: &OutboxEvent) -> Result<(), StoreError> {
        self.durable.remove_listing(subject, event).await
    }
}

impl<D: CheckReadiness> CheckReadiness for Tiered<D> {
    /// The durable store's: without the cache, everything goes on.
    async fn check_readiness(&self) -> Result<(), StoreError> {
        self.durable.check_readiness().await
    }
}
