//! The use case.

use std::sync::Arc;

use crypto::{ApiKey, PresentedCapability};
use domain::{Clock, TenantId};
use store::{FindApiKey, StoreError};

/// Decides who may call.
#[derive(Debug)]
pub struct Authorize<S> {
    store: S,
    clock: Arc<dyn Clock>,
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A merchant's server of this tenant.
    Tenant(TenantId),
    /// The holder of something that has the form of a capability.
    Capability,
    /// Nobody we know.
    Refused,
}

impl<S: FindApiKey> Authorize<S> {
    /// Decides by the API keys of this store.
    pub fn new(store: S, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Who presents this credential.
    ///
    /// # Errors
    /// [`StoreError`] if that can't be found out.
    pub async fn authorize(&self, unverified_credential: &str) -> Result<Decision, StoreError> {
        if PresentedCapability::parse(unverified_credential).is_ok() {
            return Ok(Decision::Capability);
        }
        let Ok(key) = ApiKey::parse(unverified_credential) else { return Ok(Decision::Refused) };
        let now = self.clock.now();
        let record = self.store.find_api_key(key.hash()).await?;
        let valid = record.filter(|record| record.expires_at.is_none_or(|expires_at| now < expires_at));
        Ok(valid.map_or(Decision::Refused, |record| Decision::Tenant(record.tenant)))
    }
}

impl<S: Clone> Clone for Authorize<S> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), clock: Arc::clone(&self.clock) }
    }
}
