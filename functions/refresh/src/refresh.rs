//! The use case.

use std::sync::Arc;

use admission::Admission;
use audit::RecordEvents;
use countersign_http::SessionTokens;
use crypto::{ACCESS_TOKEN_LIFETIME, Answered, BranchKey, Claims, RefreshToken, SigningKey, TokenId, UnwrapKey, mint};
use denials::Denials;
use domain::{Clock, Entropy, RequestNonce, Session, SessionEpoch};
use jiff::Timestamp;
use keyring::{BranchKeys, SigningKeys};
use store::{Beginning, StoreError};
use zeroize::Zeroizing;

use crate::request::{Execution, RefreshRequest, Refreshed};
use crate::{RefreshError, RefreshStore};

/// What refreshing works with.
#[derive(Debug)]
pub struct Ports<S, U, A> {
    /// Sessions, and requests with their answers.
    pub store: S,
    /// Lets requests in.
    pub admission: Admission<S>,
    /// The tenants' keys, for the next token, the subject's pseudonym and the stored answer.
    pub keys: BranchKeys<S, U>,
    /// The key that signs tokens.
    pub signing: SigningKeys<S, U>,
    /// Takes the audit events.
    pub audit: A,
    /// Takes note of refused requests.
    pub denials: Denials<A>,
    /// The tokens' `iss`.
    pub issuer: String,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// Exchanges refresh tokens.
#[derive(Debug)]
pub struct Refresh<S, U, A>(pub(crate) Arc<Ports<S, U, A>>);

impl<S, U, A> Refresh<S, U, A>
where
    S: RefreshStore,
    U: UnwrapKey,
    A: RecordEvents,
{
    /// Exchanges with these ports.
    pub fn new(ports: Ports<S, U, A>) -> Self {
        Self(Arc::new(ports))
    }

    /// The time, for what is checked before the use case.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Exchanges a refresh token for new tokens of its session, once.
    ///
    /// # Errors
    /// [`RefreshError`] if the token does not count, a limit is used up, the key named another request, or a dependency does not
    /// answer; in this last case a retry under the same key gets the tokens.
    pub async fn refresh(&self, request: RefreshRequest<'_>) -> Result<Refreshed, RefreshError> {
        let (branch, signing) = self.enter(&request).await?;
        let presented = RefreshToken::parse(request.unverified_token).map_err(|_| RefreshError::InvalidGrant)?;
        let execution = Execution {
            request: &request,
            branch: &branch,
            next: &branch.refreshed(&presented, &request.key),
            presented: &presented,
            fingerprint: branch.fingerprint(request.key, OPERATION, request.body),
            nonce: RequestNonce(self.0.entropy.array()?),
        };
        let refreshed = self.execute(execution, &signing).await;
        if refreshed.as_ref().is_err_and(RefreshError::leaves_undone) {
            self.abandon(execution).await;
        }
        refreshed
    }

    /// The limits; beside them, the keys that a cold process waits for.
    async fn enter(&self, request: &RefreshRequest<'_>) -> Result<(Arc<BranchKey>, Arc<SigningKey>), RefreshError> {
        let ((), branch, signing) = tokio::try_join!(
            async { Ok::<_, RefreshError>(self.0.admission.admit(&request.arrival).await?) },
            async { Ok(self.0.keys.current(request.arrival.tenant).await?) },
            async { Ok(self.0.signing.current().await?) },
        )?;
        Ok((branch, signing))
    }

    async fn execute(&self, execution: Execution<'_>, signing: &SigningKey) -> Result<Refreshed, RefreshError> {
        let (beginning, found) = tokio::join!(
            self.0.store.begin_request(execution.tenant(), &execution.fingerprint, execution.nonce, self.0.clock.now()),
            self.session_of(execution),
        );
        match beginning? {
            Beginning::Begun => {}
            Beginning::InFlight => return Err(RefreshError::InProgress),
            Beginning::OtherRequest => return Err(RefreshError::KeyReused),
            Beginning::Answered(answer) => {
                let body = execution.branch.open_answer(ANSWERED, execution.fingerprint, &answer)?;
                return Ok(Refreshed { body });
            }
        }
        let (session, epoch) = found?;
        let session = session.ok_or(RefreshError::InvalidGrant)?;
        let (session, event) = self.exchange(execution, (session, epoch)).await?;
        let announced = async {
            if let Some(event) = &event {
                self.0.audit.announce(event).await;
            }
        };
        let ((), refreshed) = tokio::join!(announced, self.finish(execution, &session, signing));
        refreshed
    }

    async fn session_of(&self, execution: Execution<'_>) -> Result<(Option<Session>, SessionEpoch), StoreError> {
        let (tenant, token) = (execution.tenant(), execution.presented);
        tokio::try_join!(
            self.0.store.find_session(tenant, token.user(), token.session()),
            self.0.store.find_session_epoch(tenant, token.user()),
        )
    }

    /// Stores the answer: from here on a retry does nothing more.
    async fn finish(
        &self,
        execution: Execution<'_>,
        session: &Session,
        signing: &SigningKey,
    ) -> Result<Refreshed, RefreshError> {
        let Execution { branch, fingerprint, nonce, next, .. } = execution;
        let claims = self.claims(session)?;
        let lifetime = claims.expires_at.duration_since(claims.issued_at).unsigned_abs();
        let access_token = mint(signing, &claims).map_err(RefreshError::Sign)?;
        let tokens = SessionTokens::new(&access_token, next, lifetime);
        let body = Zeroizing::new(serde_json::to_string(&tokens).map_err(RefreshError::Answer)?);
        let answer = branch.seal_answer(ANSWERED, fingerprint, &body, &*self.0.entropy)?;
        self.0.store.finish_request(execution.tenant(), &fingerprint, nonce, &answer).await?;
        Ok(Refreshed { body })
    }

    /// What the new access token says. It does not outlive its session.
    fn claims(&self, session: &Session) -> Result<Claims, RefreshError> {
        let now = self.0.clock.now();
        Ok(Claims {
            issuer: self.0.issuer.clone(),
            user: session.user,
            tenant: session.tenant,
            id: TokenId::draw(&*self.0.entropy)?,
            session: session.id,
            acr: session.acr,
            verified_at: session.created_at,
            issued_at: now,
            expires_at: session.expires_at.min(now + ACCESS_TOKEN_LIFETIME),
            transaction: None,
        })
    }
}

impl<S, U, A> Clone for Refresh<S, U, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

const OPERATION: &str = "refresh";

const ANSWERED: Answered = Answered::Operation(OPERATION);
