//! The use case.

use std::fmt;
use std::sync::Arc;

use admission::{Admission, Arrival};
use crypto::{Claims, TokenCheck};
use domain::Clock;
use keyring::VerifyingKeys;
use store::{DrawPermits, FindListings, FindSession, ListSigningKeys};

use crate::IntrospectError;

/// Judges tokens.
pub struct Introspect<S> {
    store: S,
    keys: Arc<VerifyingKeys<S>>,
    issuer: Arc<str>,
    clock: Arc<dyn Clock>,
    admission: Admission<S>,
}

impl<S: FindSession + ListSigningKeys + DrawPermits + FindListings + Clone> Introspect<S> {
    /// Judges tokens of this issuer by the sessions and keys of this store.
    pub fn new(store: S, issuer: &str, clock: Arc<dyn Clock>, admission: Admission<S>) -> Self {
        let keys = Arc::new(VerifyingKeys::new(store.clone(), Arc::clone(&clock)));
        Self { store, keys, issuer: issuer.into(), clock, admission }
    }

    /// What a token of the arrival's tenant says, if it counts now and the request is let in.
    ///
    /// # Errors
    /// [`IntrospectError`] if it is not, or that can't be found out.
    pub async fn introspect(
        &self,
        arrival: &Arrival,
        unverified_token: &str,
    ) -> Result<Option<Claims>, IntrospectError> {
        let tenant = arrival.tenant;
        self.admission.admit(arrival).await?;
        let keys = self.keys.published().await?;
        let now = self.clock.now();
        let check = TokenCheck { keys: &keys, issuer: &self.issuer, audience: tenant };
        let Ok(claims) = check.validate(unverified_token, now) else { return Ok(None) };
        let session = self.store.find_session(tenant, claims.user, claims.session).await?;
        Ok(session.is_some_and(|session| session.is_live(now)).then_some(claims))
    }
}

impl<S: Clone> Clone for Introspect<S> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            keys: Arc::clone(&self.keys),
            issuer: Arc::clone(&self.issuer),
            clock: Arc::clone(&self.clock),
            admission: self.admission.clone(),
        }
    }
}

impl<S> fmt::Debug for Introspect<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspect").finish_non_exhaustive()
    }
}
