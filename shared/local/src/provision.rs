//! How a tenant comes to be: its branch key, a signing key if there is none, and its API key.

use crypto::{ApiKey, WrapKey};
use domain::{Clock, Entropy, TenantId};
use keyring::{KeyringError, create_branch_key, create_signing_key};
use store::{ApiKeyRecord, CreateApiKey, CreateBranchKey, CreateSigningKey, FindApiKey, ListSigningKeys, StoreError};

/// The ports of provisioning. No function has them.
pub trait ProvisionStore: CreateApiKey + CreateBranchKey + CreateSigningKey + ListSigningKeys {}

impl<S: CreateApiKey + CreateBranchKey + CreateSigningKey + ListSigningKeys> ProvisionStore for S {}

/// Makes what the tenant lacks. Safe to repeat: a key that exists stays as it is.
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
    let record = ApiKeyRecord { hash: api_key.hash(), tenant, created_at: clock.now(), expires_at: None };
    Ok(store.create_api_key(&record).await?)
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
