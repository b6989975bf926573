//! Which sessions a request is about, and ending them.

use audit::{About, Event, Outcome, RecordEvents, Subject};
use crypto::{RefreshToken, TokenCheck, UnwrapKey};
use domain::{Session, SessionId, UserId};
use jiff::Timestamp;
use store::{OutboxEvent, Revocation, SessionKey, UserRevocation, UserRevoked};

use crate::request::Execution;
use crate::{Revoke, RevokeError, RevokeStore, RevokeTarget};

/// What a request is about.
pub(crate) enum Found {
    /// Nothing that could be revoked.
    Nothing,
    /// The session that a genuine token belongs to.
    Session(UserId, SessionId),
    /// A user with these sessions, live or not.
    User(UserId, Vec<Session>),
}

impl<S: RevokeStore, U: UnwrapKey, A: RecordEvents> Revoke<S, U, A> {
    /// What the request is about.
    pub(crate) async fn find(&self, execution: Execution<'_>) -> Result<Found, RevokeError> {
        match execution.request.target {
            RevokeTarget::User(user) => {
                Ok(Found::User(user, self.0.store.list_sessions(execution.tenant(), user).await?))
            }
            RevokeTarget::UnverifiedToken(token) => {
                let session = self.session_of(execution, token).await?;
                Ok(session.map_or(Found::Nothing, |(user, session)| Found::Session(user, session)))
            }
        }
    }

    /// The session that a genuine token of this tenant belongs to. Of refresh tokens every one of the family is, also one that was
    /// exchanged: whoever wants the session to end may have an old one only.
    async fn session_of(
        &self,
        execution: Execution<'_>,
        unverified_token: &str,
    ) -> Result<Option<(UserId, SessionId)>, RevokeError> {
        let tenant = execution.tenant();
        if let Ok(presented) = RefreshToken::parse(unverified_token) {
            let (user, session) = (presented.user(), presented.session());
            let stored = self.0.store.find_session(tenant, user, session).await?;
            return Ok(stored.filter(|stored| stored.family == presented.family()).map(|_| (user, session)));
        }
        let keys = self.0.published.for_token(unverified_token).await?;
        let check = TokenCheck { keys: &keys, issuer: &self.0.issuer, audience: tenant };
        let claims = check.validate(unverified_token, self.0.clock.now());
        Ok(claims.ok().map(|claims| (claims.user, claims.session)))
    }

    /// Ends what was found. Gives the events of what was not revoked before.
    pub(crate) async fn end(&self, execution: Execution<'_>, found: Found) -> Result<Vec<Event>, RevokeError> {
        match found {
            Found::Nothing => Ok(Vec::new()),
            Found::Session(user, session) => self.end_one(execution, user, session).await,
            Found::User(user, sessions) => self.end_all(execution, user, sessions).await,
        }
    }

    /// One write revokes the session and keeps the event of it, unless it was revoked before.
    async fn end_one(
        &self,
        execution: Execution<'_>,
        user: UserId,
        session: SessionId,
    ) -> Result<Vec<Event>, RevokeError> {
        let (tenant, now) = (execution.tenant(), self.0.clock.now());
        let event = event(execution, (user, session), now);
        let key = SessionKey { tenant, user, session };
        let revocation = self.0.store.revoke_session(&key, now, &OutboxEvent::from(&event)).await?;
        Ok(if revocation == Revocation::Revoked { vec![event] } else { Vec::new() })
    }

    /// One write revokes all that were not revoked before, those that are over by their time included: another process's clock may be
    /// behind. If the user's sessions have changed meanwhile, it is made anew.
    async fn end_all(
        &self,
        execution: Execution<'_>,
        user: UserId,
        mut sessions: Vec<Session>,
    ) -> Result<Vec<Event>, RevokeError> {
        for _ in 0..ROUNDS {
            let now = self.0.clock.now();
            let to_end = sessions.iter().filter(|session| session.revoked_at.is_none());
            let events: Vec<Event> = to_end.clone().map(|session| event(execution, (user, session.id), now)).collect();
            if events.is_empty() {
                return Ok(events);
            }
            let revocation = UserRevocation {
                tenant: execution.tenant(),
                user,
                known: sessions.iter().map(|session| session.id).collect(),
                ends: to_end.map(|session| session.id).zip(events.iter().map(OutboxEvent::from)).collect(),
                at: now,
            };
            match self.0.store.revoke_sessions(&revocation).await? {
                UserRevoked::Revoked => return Ok(events),
                UserRevoked::Changed(now) => sessions = now,
            }
        }
        Err(RevokeError::Contended)
    }
}

/// The event of a session's end. Its id derives from the request and the session.
fn event(execution: Execution<'_>, (user, session): (UserId, SessionId), at: Timestamp) -> Event {
    let Execution { request, branch, .. } = execution;
    let (tenant, subject) = (execution.tenant(), Subject::new(branch.subject_pseudonym(user)));
    Event {
        id: branch.event_id(&request.key, "revoke", session.as_bytes()),
        about: About::Person { tenant, subject },
        at,
        request_id: request.request_id.clone(),
        outcome: Outcome::SessionRevoked { session },
        personal: None,
    }
}

/// More than once only if sessions of the user are opened or revoked at the same moment.
const ROUNDS: usize = 8;
