//! How keys come to be. Operators' work; no function on the request path does it.

use crypto::{EncryptionContext, KeyMaterial, SecretKey, SigningKey, WrapKey};
use domain::{BranchKeyVersion, Clock, Entropy, TenantId};
use store::{BranchKeyRecord, CreateBranchKey, CreateSigningKey, SigningKeyRecord};

use crate::KeyringError;
use crate::branch_keys::context;

/// Makes the tenant's first branch key, unless it has one.
///
/// # Errors
/// [`KeyringError`] if it can't be made, wrapped or stored.
pub async fn create_branch_key(
    store: &impl CreateBranchKey,
    wrap: &impl WrapKey,
    tenant: TenantId,
    (clock, entropy): (&dyn Clock, &dyn Entropy),
) -> Result<(), KeyringError> {
    let key = SecretKey::draw(entropy)?;
    let mut record =
        BranchKeyRecord { tenant, version: BranchKeyVersion::FIRST, wrapped: Vec::new(), created_at: clock.now() };
    record.wrapped = wrap.wrap_key(&KeyMaterial::from(&key), &context(&record)).await?.as_bytes().to_vec();
    store.create_branch_key(&record).await?;
    Ok(())
}

/// Makes a signing key that signs from now on.
///
/// # Errors
/// [`KeyringError`] if it can't be made, wrapped or stored.
pub async fn create_signing_key(
    store: &impl CreateSigningKey,
    wrap: &impl WrapKey,
    clock: &dyn Clock,
) -> Result<(), KeyringError> {
    let key = SigningKey::generate()?;
    let id = key.verifying_key().id().clone();
    let wrapped = wrap.wrap_key(&key.to_material()?, &EncryptionContext::signing_key(&id)).await?;
    let now = clock.now();
    let record = SigningKeyRecord {
        public: key.verifying_key().public_bytes().to_vec(),
        id,
        wrapped_private: wrapped.as_bytes().to_vec(),
        created_at: now,
        signs_from: now,
        retires_at: None,
    };
    store.create_signing_key(&record).await?;
    Ok(())
}
