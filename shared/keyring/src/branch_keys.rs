//! Branch keys at hand.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crypto::{BranchKey, EncryptionContext, PresentedCapability, SecretKey, UnwrapKey, WrappedKey};
use domain::{BranchKeyVersion, Clock, TenantId, VerificationId};
use store::{BranchKeyRecord, FindBranchKey};

use crate::KeyringError;
use crate::aged::Aged;

/// Finds, unwraps and keeps branch keys.
pub struct BranchKeys<S, U> {
    store: S,
    unwrap: U,
    clock: Arc<dyn Clock>,
    kept: Mutex<HashMap<Wanted, Arc<Aged<Arc<BranchKey>>>>>,
}

type Wanted = (TenantId, Option<BranchKeyVersion>);

impl<S: FindBranchKey, U: UnwrapKey> BranchKeys<S, U> {
    /// Branch keys out of this store, unwrapped by this key service.
    pub fn new(store: S, unwrap: U, clock: Arc<dyn Clock>) -> Self {
        Self { store, unwrap, clock, kept: Mutex::default() }
    }

    /// The tenant's newest branch key.
    ///
    /// # Errors
    /// [`KeyringError`] if the key is neither kept nor to be had.
    pub async fn current(&self, tenant: TenantId) -> Result<Arc<BranchKey>, KeyringError> {
        self.get((tenant, None)).await
    }

    /// The version that a record was sealed under.
    ///
    /// # Errors
    /// [`KeyringError`] if the key is neither kept nor to be had.
    pub async fn version(&self, tenant: TenantId, version: BranchKeyVersion) -> Result<Arc<BranchKey>, KeyringError> {
        // Most records are of the newest version, which is at hand already.
        if let Ok(current) = self.current(tenant).await
            && current.version() == version
        {
            return Ok(current);
        }
        self.get((tenant, Some(version))).await
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

    async fn get(&self, wanted: Wanted) -> Result<Arc<BranchKey>, KeyringError> {
        let slot = self.slot(wanted);
        let got = slot.get(self.clock.now(), || self.fetch(wanted)).await;
        if matches!(got, Err(KeyringError::Missing(_))) {
            // Anybody can name a tenant in a made-up capability: what does not exist takes no place.
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(&wanted);
        }
        got
    }

    async fn fetch(&self, (tenant, version): Wanted) -> Result<Arc<BranchKey>, KeyringError> {
        let record = self.store.find_branch_key(tenant, version).await?;
        let record = record.ok_or(KeyringError::Missing("branch key"))?;
        let wrapped = WrappedKey::new(record.wrapped.clone());
        let material = self.unwrap.unwrap_key(&wrapped, &context(&record)).await?;
        let key = SecretKey::from_material(&material)?;
        Ok(Arc::new(BranchKey::new(record.version, tenant, &key)?))
    }

    fn slot(&self, wanted: Wanted) -> Arc<Aged<Arc<BranchKey>>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT && !kept.contains_key(&wanted) {
            kept.clear();
        }
        Arc::clone(kept.entry(wanted).or_insert_with(|| Arc::new(Aged::empty())))
    }
}

impl<S, U> fmt::Debug for BranchKeys<S, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BranchKeys").finish_non_exhaustive()
    }
}

/// What a branch key's wrapping is bound to.
pub(crate) fn context(record: &BranchKeyRecord) -> EncryptionContext {
    EncryptionContext::branch_key(record.tenant, record.version)
}

/// Tenants per process whose keys are kept, a few hundred bytes each; beyond that the cache starts anew.
const MAX_KEPT: usize = 10_000;
