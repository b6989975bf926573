//! Branch keys at hand.
//!
//! Two things are kept: what is stored of each tenant's newest version, and each version's key itself. So a key is unwrapped once for
//! as long as it is kept, whether it is asked for as the newest, by its number, or for the names that the first version gives.

use std::fmt;
use std::sync::Arc;

use crypto::{BranchKey, EncryptionContext, PresentedCapability, SecretKey, UnwrapKey, WrappedKey};
use domain::{BranchKeyVersion, Clock, TenantId, VerificationId};
use store::{BranchKeyRecord, FindBranchKey};

use crate::KeyringError;
use crate::slots::Slots;

/// Finds, unwraps and keeps branch keys.
pub struct BranchKeys<S, U> {
    store: S,
    unwrap: U,
    clock: Arc<dyn Clock>,
    newest: Slots<TenantId, Arc<BranchKeyRecord>>,
    keys: Slots<(TenantId, BranchKeyVersion), Arc<BranchKey>>,
}

impl<S: FindBranchKey, U: UnwrapKey> BranchKeys<S, U> {
    /// Branch keys out of this store, unwrapped by this key service.
    pub fn new(store: S, unwrap: U, clock: Arc<dyn Clock>) -> Self {
        Self { store, unwrap, clock, newest: Slots::default(), keys: Slots::default() }
    }

    /// The tenant's newest branch key.
    ///
    /// # Errors
    /// [`KeyringError`] if the key is neither kept nor to be had.
    pub async fn current(&self, tenant: TenantId) -> Result<Arc<BranchKey>, KeyringError> {
        let record = self.newest(tenant).await?;
        self.stored(&record).await
    }

    /// The version that a record was sealed under.
    ///
    /// # Errors
    /// [`KeyringError`] if the key is neither kept nor to be had.
    pub async fn version(&self, tenant: TenantId, version: BranchKeyVersion) -> Result<Arc<BranchKey>, KeyringError> {
        // Most records are of the newest version, or of the first, whose key stands with each.
        match self.newest(tenant).await {
            Ok(newest) if newest.version == version => return self.stored(&newest).await,
            Ok(newest) if version == BranchKeyVersion::FIRST => return self.first(&newest).await,
            // Every version is written with the newest: without one there is none, and whoever made the tenant up costs one read.
            Err(KeyringError::Missing(of)) => return Err(KeyringError::Missing(of)),
            Ok(_) | Err(_) => {}
        }
        let fetch = || {
            Box::pin(async {
                let record = self.store.find_branch_key(tenant, Some(version)).await?;
                self.open(&record.ok_or(KeyringError::Missing("branch key"))?).await
            })
        };
        self.keys.get((tenant, version), self.clock.now(), fetch).await
    }

    /// Whether what was presented is the capability of this verification. A tenant without keys has none.
    ///
    /// # Errors
    /// [`KeyringError`] if the key to check it with is neither kept nor to be had.
    pub async fn holds(
        &self,
        presented: &PresentedCapability,
        verification: VerificationId,
    ) -> Result<bool, KeyringError> {
        if presented.verification() != verification {
            return Ok(false);
        }
        match self.version(presented.tenant(), presented.branch_key_version()).await {
            Ok(key) => Ok(key.checks_capability(presented)),
            Err(KeyringError::Missing(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn newest(&self, tenant: TenantId) -> Result<Arc<BranchKeyRecord>, KeyringError> {
        let fetch = || {
            Box::pin(async {
                let record = self.store.find_branch_key(tenant, None).await?;
                Ok(Arc::new(record.ok_or(KeyringError::Missing("branch key"))?))
            })
        };
        self.newest.get(tenant, self.clock.now(), fetch).await
    }

    /// The key of a record that is at hand.
    async fn stored(&self, record: &BranchKeyRecord) -> Result<Arc<BranchKey>, KeyringError> {
        // In a box, as every fetch: it is rare, and large inside of every future above it.
        let fetch = || Box::pin(self.open(record));
        self.keys.get((record.tenant, record.version), self.clock.now(), fetch).await
    }

    /// The tenant's first key, which stands with every version.
    async fn first(&self, record: &BranchKeyRecord) -> Result<Arc<BranchKey>, KeyringError> {
        let fetch = || {
            Box::pin(async {
                let key = self.unwrap(record.tenant, BranchKeyVersion::FIRST, record.first()).await?;
                Ok(Arc::new(BranchKey::first(record.tenant, &key)?))
            })
        };
        self.keys.get((record.tenant, BranchKeyVersion::FIRST), self.clock.now(), fetch).await
    }

    /// A later version needs the first beside it, for the names: one wait for both.
    async fn open(&self, record: &BranchKeyRecord) -> Result<Arc<BranchKey>, KeyringError> {
        let own = self.unwrap(record.tenant, record.version, &record.wrapped);
        if record.version == BranchKeyVersion::FIRST {
            return Ok(Arc::new(BranchKey::first(record.tenant, &own.await?)?));
        }
        let (first, own) = tokio::try_join!(self.first(record), own)?;
        Ok(Arc::new(first.following(record.version, &own)?))
    }

    async fn unwrap(
        &self,
        tenant: TenantId,
        version: BranchKeyVersion,
        wrapped: &[u8],
    ) -> Result<SecretKey, KeyringError> {
        let wrapped = WrappedKey::new(wrapped.to_vec());
        let context = EncryptionContext::branch_key(tenant, version);
        let material = self.unwrap.unwrap_key(&wrapped, &context).await?;
        Ok(SecretKey::from_material(&material)?)
    }
}

impl<S, U> fmt::Debug for BranchKeys<S, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BranchKeys").finish_non_exhaustive()
    }
}
