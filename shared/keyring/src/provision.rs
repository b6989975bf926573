//! How keys come to be. Operators' and the schedule's work; no function on the request path does it.

use crypto::{EncryptionContext, KeyMaterial, SecretKey, SigningKey, WrapKey};
use domain::{BranchKeyVersion, Clock, Entropy, TenantId};
use jiff::Timestamp;
use store::{BranchKeyRecord, CreateBranchKey, CreateSigningKey, SigningKeyRecord};

use crate::KeyringError;

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
    let version = BranchKeyVersion::FIRST;
    let wrapped = draw_branch_key(wrap, (tenant, version), entropy).await?;
    let record = BranchKeyRecord { tenant, version, wrapped, first: None, created_at: clock.now() };
    store.create_branch_key(&record).await?;
    Ok(())
}

/// The version that follows a tenant's newest, to store.
///
/// # Errors
/// [`KeyringError`] if it can't be made or wrapped.
pub async fn next_branch_key(
    wrap: &impl WrapKey,
    newest: &BranchKeyRecord,
    (clock, entropy): (&dyn Clock, &dyn Entropy),
) -> Result<BranchKeyRecord, KeyringError> {
    let version = newest.version.number().checked_add(1).and_then(BranchKeyVersion::new);
    let version = version.ok_or(KeyringError::Missing("version of a branch key after the last"))?;
    let wrapped = draw_branch_key(wrap, (newest.tenant, version), entropy).await?;
    let first = Some(newest.first().to_vec());
    Ok(BranchKeyRecord { tenant: newest.tenant, version, wrapped, first, created_at: clock.now() })
}

async fn draw_branch_key(
    wrap: &impl WrapKey,
    (tenant, version): (TenantId, BranchKeyVersion),
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, KeyringError> {
    let material = KeyMaterial::from(&SecretKey::draw(entropy)?);
    let wrapped = wrap.wrap_key(&material, &EncryptionContext::branch_key(tenant, version)).await?;
    Ok(wrapped.as_bytes().to_vec())
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
    let now = clock.now();
    store.create_signing_key(&new_signing_key(wrap, (now, now)).await?).await?;
    Ok(())
}

/// A signing key that is made at the first instant and signs from the second, to store.
///
/// # Errors
/// [`KeyringError`] if it can't be made or wrapped.
pub async fn new_signing_key(
    wrap: &impl WrapKey,
    (created_at, signs_from): (Timestamp, Timestamp),
) -> Result<SigningKeyRecord, KeyringError> {
    let key = SigningKey::generate()?;
    let id = key.verifying_key().id().clone();
    let wrapped = wrap.wrap_key(&key.to_material()?, &EncryptionContext::signing_key(&id)).await?;
    Ok(SigningKeyRecord {
        public: key.verifying_key().public_bytes().to_vec(),
        id,
        wrapped_private: wrapped.as_bytes().to_vec(),
        created_at,
        signs_from,
        retires_at: None,
    })
}
