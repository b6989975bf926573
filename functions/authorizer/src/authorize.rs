//! The use case.

use std::sync::Arc;

use audit::RecordEvents;
use crypto::{ApiKey, PresentedCapability};
use denials::Denials;
use domain::Clock;
use store::{ApiKeyRecord, FindApiKey, StoreError};

/// What deciding works with.
#[derive(Debug)]
pub struct Ports<S, A> {
    /// API keys.
    pub store: S,
    /// Takes note of refused requests.
    pub denials: Denials<A>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Decides who may call.
#[derive(Debug)]
pub struct Authorize<S, A>(pub(crate) Arc<Ports<S, A>>);

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// A merchant's server, with this key.
    Key(Box<ApiKeyRecord>),
    /// The holder of something that has the form of a capability.
    Capability,
    /// Nobody we know.
    Refused,
}

impl<S: FindApiKey, A: RecordEvents> Authorize<S, A> {
    /// Decides with these ports.
    pub fn new(ports: Ports<S, A>) -> Self {
        Self(Arc::new(ports))
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
        let now = self.0.clock.now();
        let record = self.0.store.find_api_key(key.hash()).await?;
        let valid = record.filter(|record| record.is_valid(now));
        Ok(valid.map_or(Decision::Refused, |record| Decision::Key(Box::new(record))))
    }
}

impl<S, A> Clone for Authorize<S, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
