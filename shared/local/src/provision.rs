//! How a tenant comes to be: its branch key, a signing key if there is none, and its API key.

use audit::{About, Event, Outcome};
use crypto::{ApiKey, WrapKey};
use domain::{Clock, Entropy, EventId, RequestId, TenantId};
use keyring::{KeyringError, create_branch_key, create_signing_key};
use store::{
    ApiKeyRecord, CreateApiKey, CreateBranchKey, CreateSigningKey, FindApiKey, ListApiKeys, ListSigningKeys,
    OutboxEvent, StoreError,
};

/// The ports of provisioning. No function has all of them.
pub trait ProvisionStore: CreateApiKey + CreateBranchKey + CreateSigningKey + ListApiKeys + ListSigningKeys {}

impl<S: CreateApiKey + CreateBranchKey + CreateSigningKey + ListApiKeys + ListSigningKeys> ProvisionStore for S {}

/// Makes what the tenant lacks, and a key for everything. Safe to repeat: a key that exists stays as it is. The event of it is kept
/// with the API key: a tenant without one can do nothing.
///
/// # Errors
/// [`KeyringError`] if a key can't be made, wrapped or stored.
pub async fn create_tenant(
    store: &impl ProvisionStore,
    wrap: &impl WrapKey,
    (tenant, api_key): (TenantId, &ApiKey),
    (clock, entropy): (&dyn Clock, &dyn Entropy),
) -> Result<(), KeyringError> {
    create_branch_key(store, wrap, tenant, (clock, entropy)).await?;
    if store.list_signing_keys().await?.is_empty() {
        create_signing_key(store, wrap, clock).await?;
    }
    // Last, so that a key that works finds everything else in place.
    let at = clock.now();
    let record = ApiKeyRecord { mode: Some(api_key.mode()), ..ApiKeyRecord::new(api_key.hash(), tenant, at) };
    let (expires_at, key, scopes) = (record.expires_at, record.id(), record.scopes);
    let is_first = store.list_api_keys(tenant).await?.is_empty();
    let event = Event {
        id: EventId::at(at, &entropy.array()?),
        about: About::Tenant(tenant),
        at,
        request_id: RequestId::from_transport("create-tenant"),
        outcome: if is_first {
            Outcome::TenantCreated { expires_at, key, scopes }
        } else {
            Outcome::ApiKeyCreated { expires_at, key, scopes }
        },
        personal: None,
    };
    Ok(store.create_api_key(&record, &OutboxEvent::from(&event)).await?)
}

/// The tenant of the development API key. Its id derives from the key, so that whoever provisions it makes the same one.
///
/// # Errors
/// [`KeyringError`] if a key can't be made, wrapped or stored.
pub async fn development_tenant(
    store: &(impl ProvisionStore + FindApiKey),
    wrap: &impl WrapKey,
    api_key: &ApiKey,
    (clock, entropy): (&dyn Clock, &dyn Entropy),
) -> Result<TenantId, KeyringError> {
    if let Some(tenant) = find(store, api_key).await? {
        return Ok(tenant);
    }
    let mut id = [0; 16];
    for (byte, hashed) in id.iter_mut().zip(api_key.hash().as_bytes()) {
        *byte = *hashed;
    }
    let tenant = TenantId::from_keyed_bytes(id);
    create_tenant(store, wrap, (tenant, api_key), (clock, entropy)).await?;
    Ok(tenant)
}

async fn find(store: &impl FindApiKey, api_key: &ApiKey) -> Result<Option<TenantId>, StoreError> {
    Ok(store.find_api_key(api_key.hash()).await?.map(|record| record.tenant))
}
