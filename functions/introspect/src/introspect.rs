//! The use case.

use std::fmt;
use std::sync::Arc;

use crypto::{Claims, TokenCheck};
use domain::{Clock, TenantId};
use keyring::VerifyingKeys;
use store::{FindSession, ListSigningKeys};

use crate::IntrospectError;

/// Judges tokens.
pub struct Introspect<S> {
    store: S,
    keys: Arc<VerifyingKeys<S>>,
    issuer: Arc<str>,
    clock: Arc<dyn Clock>,
}

impl<S: FindSession + ListSigningKeys + Clone> Introspect<S> {
    /// Judges tokens of this issuer by the sessions and keys of this store.
    pub fn new(store: S, issuer: &str, clock: Arc<dyn Clock>) -> Self {
        let keys = Arc::new(VerifyingKeys::new(store.clone(), Arc::clone(&clock)));
        Self { store, keys, issuer: issuer.into(), clock }
    }

    /// What a token of this tenant says, if it counts now.
    ///
    /// # Errors
    /// [`IntrospectError`] if that can't be found out.
    pub async fn introspect(
        &self,
        tenant: TenantId,
        unverified_token: &str,
    ) -> Result<Option<Claims>, IntrospectError> {
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
        }
    }
}

impl<S> fmt::Debug for Introspect<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspect").finish_non_exhaustive()
    }
}
