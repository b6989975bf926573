//! The use case.

use std::sync::Arc;

use admission::{Admission, Arrival};
use audit::RecordEvents;
use crypto::{Claims, TokenCheck};
use denials::Denials;
use domain::Clock;
use keyring::VerifyingKeys;
use store::{DrawPermits, FindListings, FindSession, FindSessionEpoch, ListSigningKeys};

use crate::IntrospectError;

/// What judging works with.
#[derive(Debug)]
pub struct Ports<S, A> {
    /// Sessions.
    pub store: S,
    /// Lets requests in.
    pub admission: Admission<S>,
    /// The keys that tokens are checked with.
    pub published: VerifyingKeys<S>,
    /// Takes note of refused requests.
    pub denials: Denials<A>,
    /// The tokens' `iss`.
    pub issuer: String,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Judges tokens.
#[derive(Debug)]
pub struct Introspect<S, A>(pub(crate) Arc<Ports<S, A>>);

impl<S, A> Introspect<S, A>
where
    S: FindSession + FindSessionEpoch + ListSigningKeys + DrawPermits + FindListings,
    A: RecordEvents,
{
    /// Judges tokens with these ports.
    pub fn new(ports: Ports<S, A>) -> Self {
        Self(Arc::new(ports))
    }

    /// What a token of the arrival's tenant says, if it counts now and the request is let in. Whether its session is revoked, by itself
    /// or with all of its tenant's, is read at once, strongly consistent, whatever the number of sessions.
    ///
    /// # Errors
    /// [`IntrospectError`] if it is not, or that can't be found out.
    pub async fn introspect(
        &self,
        arrival: &Arrival,
        unverified_token: &str,
    ) -> Result<Option<Claims>, IntrospectError> {
        let tenant = arrival.tenant;
        self.0.admission.admit(arrival).await?;
        let keys = self.0.published.for_token(unverified_token).await?;
        let now = self.0.clock.now();
        let check = TokenCheck { keys: &keys, issuer: &self.0.issuer, audience: tenant };
        let Ok(claims) = check.validate(unverified_token, now) else { return Ok(None) };
        let (session, epoch) = tokio::try_join!(
            self.0.store.find_session(tenant, claims.user, claims.session),
            self.0.store.find_session_epoch(tenant, claims.user),
        )?;
        Ok(session.is_some_and(|session| session.is_live_in(epoch, now)).then_some(claims))
    }
}

impl<S, A> Clone for Introspect<S, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
