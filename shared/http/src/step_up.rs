//! Step-up: some things a merchant's server does for a user only if that user has just been verified (RFC 9470).
//!
//! The caller presents an access token of the user in `Step-Up-Token`, beside its own API key. The token
//!
//! 1. is genuine, of this deployment, of the calling tenant, of the user that the route names, and has not expired;
//! 2. tells of a verification at most [`STEP_UP_MAX_AGE`] ago. Refreshing changes nothing about when that was;
//! 3. is of a verification without a transaction, refreshed or not: who approved a payment has approved nothing else;
//! 4. belongs to a session that lives, and tells of the verification that opened it. What is stored of a session is believed, not what
//!    the token says: a stolen signing key alone steps up to nothing that was not verified lately.
//!
//! Every `acr` that a token can have was earned by factors of at least two categories, so none is refused for being too low.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crypto::{Claims, TokenCheck};
use domain::{Clock, Session, SessionId, TenantId, UserId};
use jiff::Timestamp;
use keyring::{KeyringError, VerifyingKeys};
use store::{FindSession, FindSessionEpoch, ListSigningKeys, StoreError};

use crate::{Problem, ProblemType};

/// Checks step-up tokens.
#[derive(Debug)]
pub struct StepUp<S> {
    published: VerifyingKeys<S>,
    store: S,
    issuer: String,
    clock: Arc<dyn Clock>,
}

/// A token that is the user's own: genuine, but perhaps too old, for a payment, or of a session that has ended.
pub struct Recognised(Claims);

/// The longest ago that the user may have been verified: OWASP ASVS 5.0 (7.5.1, 7.5.3) asks for re-authentication before such changes, and
/// leaves the time open; 5 minutes are what PSD2 RTS Art. 4(3)(d) allows without activity.
pub const STEP_UP_MAX_AGE: Duration = Duration::from_secs(300);

/// What the answer to a request without a good token asks for (RFC 9470 §3).
pub const STEP_UP_CHALLENGE: &str = "Bearer error=\"insufficient_user_authentication\", max_age=\"300\"";

impl<S: FindSession + FindSessionEpoch + ListSigningKeys + Clone> StepUp<S> {
    /// Checks tokens of this issuer against this store's keys and sessions.
    pub fn new(store: S, issuer: String, clock: Arc<dyn Clock>) -> Self {
        Self { published: VerifyingKeys::new(store.clone(), Arc::clone(&clock)), store, issuer, clock }
    }

    /// Recognises a token of this tenant's user. Waits for nothing while the keys are at hand.
    ///
    /// # Errors
    /// [`StepUpRefused`] if it is none, or that can't be found out.
    pub async fn recognise(
        &self,
        unverified_token: Option<&str>,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Recognised, StepUpRefused> {
        let unverified_token = unverified_token.ok_or(StepUpRefused::Required)?;
        let keys = self.published.for_token(unverified_token).await?;
        let check = TokenCheck { keys: &keys, issuer: &self.issuer, audience: tenant };
        let claims = check.validate(unverified_token, self.clock.now()).map_err(|_| StepUpRefused::Required)?;
        if claims.user == user { Ok(Recognised(claims)) } else { Err(StepUpRefused::Required) }
    }

    /// Finds out whether a recognised token is enough now, and gives its session. Two reads at once.
    ///
    /// Whatever is then written has to ask for the session once more, in the write itself: it may be revoked meanwhile.
    ///
    /// # Errors
    /// [`StepUpRefused`] if it is not, or that can't be found out.
    pub async fn confirm(&self, recognised: &Recognised) -> Result<SessionId, StepUpRefused> {
        let Recognised(claims) = recognised;
        if claims.transaction.is_some() || !is_fresh(claims.verified_at, self.clock.now()) {
            return Err(StepUpRefused::Required);
        }
        let (session, epoch) = tokio::try_join!(
            self.store.find_session(claims.tenant, claims.user, claims.session),
            self.store.find_session_epoch(claims.tenant, claims.user),
        )?;
        let now = self.clock.now();
        let is_enough = |session: Session| {
            session.is_live_in(epoch, now)
                && is_fresh(session.created_at, now)
                && session.acr == claims.acr
                && !session.approved_transaction
        };
        if session.is_some_and(is_enough) { Ok(claims.session) } else { Err(StepUpRefused::Required) }
    }
}

fn is_fresh(verified_at: Timestamp, now: Timestamp) -> bool {
    now <= verified_at + STEP_UP_MAX_AGE
}

impl fmt::Debug for Recognised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recognised(…)")
    }
}

/// Why a request is not carried out for the user.
#[derive(Debug, thiserror::Error)]
pub enum StepUpRefused {
    /// There is no token, or one that is not good enough. Which, the caller is not told: all of it is mended by the same.
    #[error("the user has to be verified anew")]
    Required,
    /// The public keys are not to be had.
    #[error("the public keys are not to be had")]
    Keys(#[from] KeyringError),
    /// The store does not answer.
    #[error("the session can't be read")]
    Store(#[from] StoreError),
}

impl From<StepUpRefused> for Problem {
    fn from(refused: StepUpRefused) -> Self {
        match refused {
            StepUpRefused::Required => Self::new(ProblemType::StepUpRequired)
                .detail("send an access token of this user, without a transaction, of a verification within 5 minutes"),
            StepUpRefused::Keys(error) => error.into(),
            StepUpRefused::Store(error) => error.into(),
        }
    }
}
