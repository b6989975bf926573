//! The use case.

use std::sync::Arc;

use audit::{Event, Outcome, RecordEvent, Subject};
use crypto::{RefreshToken, TokenCheck, UnwrapKey};
use domain::{Clock, IdempotencyKey, RequestId, SessionId, TenantId, UserId};
use jiff::Timestamp;
use keyring::{BranchKeys, VerifyingKeys};
use store::{FindBranchKey, FindSession, ListSigningKeys, Revocation, RevokeSession};

use crate::RevokeError;

/// What revoking works with.
#[derive(Debug)]
pub struct Ports<S, U, A> {
    /// Sessions.
    pub store: S,
    /// The tenants' keys, for the subject's pseudonym.
    pub keys: BranchKeys<S, U>,
    /// The keys that access tokens are checked with.
    pub published: VerifyingKeys<S>,
    /// Takes the audit events.
    pub audit: A,
    /// The tokens' `iss`.
    pub issuer: String,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Revokes sessions.
#[derive(Debug)]
pub struct Revoke<S, U, A>(Arc<Ports<S, U, A>>);

/// A request. No `Debug`: it carries what the caller sent.
pub struct RevokeRequest<'a> {
    /// The calling tenant.
    pub tenant: TenantId,
    /// The token to revoke.
    pub unverified_token: &'a str,
    /// Names the intended change.
    pub key: IdempotencyKey,
    /// Names the request in the audit trail.
    pub request_id: &'a RequestId,
}

impl<S, U, A> Revoke<S, U, A>
where
    S: FindSession + RevokeSession + FindBranchKey + ListSigningKeys,
    U: UnwrapKey,
    A: RecordEvent,
{
    /// Revokes with these ports.
    pub fn new(ports: Ports<S, U, A>) -> Self {
        Self(Arc::new(ports))
    }

    /// The time, for what is checked before the use case.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Revokes the token's session. Once this succeeds, introspection never says active again.
    ///
    /// # Errors
    /// [`RevokeError`] if a dependency does not answer; then whether the session is revoked is unknown.
    pub async fn revoke(&self, request: RevokeRequest<'_>) -> Result<(), RevokeError> {
        let Some((user, session)) = self.session_of(&request).await? else { return Ok(()) };
        let branch = self.0.keys.current(request.tenant).await?;
        let now = self.0.clock.now();
        let revocation = self.0.store.revoke_session(request.tenant, user, session, now).await?;
        if revocation == Revocation::Unknown {
            return Ok(());
        }
        let event = Event {
            id: branch.event_id(&request.key, "revoke", session.as_bytes()),
            tenant: request.tenant,
            subject: Subject::new(branch.subject_pseudonym(user)),
            at: now,
            request_id: request.request_id.clone(),
            outcome: Outcome::SessionRevoked { session },
        };
        Ok(self.0.audit.record_event(&event).await?)
    }

    /// The session that a genuine token of this tenant belongs to.
    async fn session_of(&self, request: &RevokeRequest<'_>) -> Result<Option<(UserId, SessionId)>, RevokeError> {
        if let Ok(presented) = RefreshToken::parse(request.unverified_token) {
            let (user, session) = (presented.user(), presented.session());
            let stored = self.0.store.find_session(request.tenant, user, session).await?;
            return Ok(stored.filter(|stored| stored.refresh_token == presented.hash()).map(|_| (user, session)));
        }
        let keys = self.0.published.published().await?;
        let check = TokenCheck { keys: &keys, issuer: &self.0.issuer, audience: request.tenant };
        let claims = check.validate(request.unverified_token, self.0.clock.now());
        Ok(claims.ok().map(|claims| (claims.user, claims.session)))
    }
}

impl<S, U, A> Clone for Revoke<S, U, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
