//! The use case.

use std::sync::Arc;

use audit::RecordEvents;
use crypto::{ApiKey, PresentedCapability};
use denials::Denials;
use domain::Clock;
use store::{ApiKeyRecord, FindApiKey, NoteApiKeyUse, StoreError};

use crate::uses::Uses;

/// What deciding works with.
#[derive(Debug)]
pub struct Ports<S, A> {
    /// API keys and their uses.
    pub store: S,
    /// Takes note of refused requests.
    pub denials: Denials<A>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Decides who may call.
#[derive(Debug)]
pub struct Authorize<S, A>(pub(crate) Arc<State<S, A>>);

/// The ports, and what this process remembers.
#[derive(Debug)]
pub(crate) struct State<S, A> {
    pub(crate) ports: Ports<S, A>,
    uses: Uses,
}

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

impl<S: FindApiKey + NoteApiKeyUse, A: RecordEvents> Authorize<S, A> {
    /// Decides with these ports.
    pub fn new(ports: Ports<S, A>) -> Self {
        Self(Arc::new(State { ports, uses: Uses::default() }))
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
        let State { ports, uses } = &*self.0;
        let now = ports.clock.now();
        let record = ports.store.find_api_key(key.hash()).await?;
        let Some(record) = record.filter(|record| record.is_valid(now)) else { return Ok(Decision::Refused) };
        uses.note(&ports.store, &record, now).await;
        Ok(Decision::Key(Box::new(record)))
    }
}

impl<S, A> Clone for Authorize<S, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
