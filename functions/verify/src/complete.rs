//! Completing a verification: the right attempt's session, its tokens, and the answer that is kept for a retry.

use audit::RecordEvents;
use countersign_http::SessionTokens;
use crypto::{ACCESS_TOKEN_LIFETIME, AccessToken, Answered, Claims, SigningKey, TokenId, UnwrapKey, mint};
use domain::{Account, Acr, Session, SessionEpoch, SessionId, SessionProfile};
use store::{Completion, CompletionRequest};
use zeroize::Zeroizing;

use crate::attempt::{Decision, Verified};
use crate::{Verify, VerifyError, VerifyStore};

impl<S: VerifyStore, U: UnwrapKey, A: RecordEvents> Verify<S, U, A> {
    /// Opens the session, unless another attempt was first or the verification has expired. The answer exists before it is true, so
    /// that it is stored by the write that makes it true.
    pub(crate) async fn complete(
        &self,
        decision: Decision<'_>,
        signing: &SigningKey,
        (account, epoch): (Account, SessionEpoch),
    ) -> Result<Verified, VerifyError> {
        let (execution, verification) = (decision.execution, decision.verification);
        let acr = Acr::earned_by(verification.asked).ok_or(VerifyError::Unearned)?;
        let (session, body) = self.answer(decision, signing, (acr, epoch))?;
        let answered = Answered::Attempt(verification.id);
        let completion = CompletionRequest {
            verification: verification.id,
            attempt: execution.request.key,
            nonce: execution.nonce,
            evicted: sessions_to_evict(account, &session),
            answer: decision.opener.seal_answer(answered, execution.fingerprint, &body, &*self.0.entropy)?,
            session,
        };
        let (trail, attempt, at) = (decision.trail(), decision.attempt(), completion.session.created_at);
        let success = [trail.succeeded(attempt, (completion.session.id, acr), at)];
        let (completed, recorded) = tokio::join!(self.settle(completion), self.0.audit.record_events(&success));
        match completed? {
            Settled::Completed => {
                recorded?;
                Ok(Verified { body })
            }
            Settled::TooLate => {
                self.0.audit.record_events(&[trail.completion_refused(attempt, self.0.clock.now())]).await?;
                Err(VerifyError::Closed)
            }
        }
    }

    /// The session, and the body that answers with its tokens.
    fn answer(
        &self,
        decision: Decision<'_>,
        signing: &SigningKey,
        (acr, epoch): (Acr, SessionEpoch),
    ) -> Result<(Session, Zeroizing<String>), VerifyError> {
        let (verification, now) = (decision.verification, self.0.clock.now());
        let refresh_token = decision.opener.attempt_session(verification, &decision.execution.request.key);
        let session = Session {
            tenant: verification.tenant,
            user: verification.user,
            id: refresh_token.session(),
            acr,
            key_version: verification.key_version,
            created_at: now,
            refreshed_at: now,
            expires_at: SessionProfile::PAYMENTS.end_of(now),
            epoch,
            family: refresh_token.family(),
            refresh_token: refresh_token.hash(),
            approved_transaction: verification.transaction.is_some(),
            revoked_at: None,
        };
        let access_token = self.mint(decision, &session, signing)?;
        let tokens = SessionTokens::new(&access_token, &refresh_token, ACCESS_TOKEN_LIFETIME);
        let body = serde_json::to_string(&tokens).map_err(VerifyError::Answer)?;
        Ok((session, Zeroizing::new(body)))
    }

    fn mint(
        &self,
        decision: Decision<'_>,
        session: &Session,
        signing: &SigningKey,
    ) -> Result<AccessToken, VerifyError> {
        let claims = Claims {
            issuer: self.0.issuer.clone(),
            user: session.user,
            tenant: session.tenant,
            id: TokenId::draw(&*self.0.entropy)?,
            session: session.id,
            acr: session.acr,
            verified_at: session.created_at,
            issued_at: session.created_at,
            expires_at: session.created_at + ACCESS_TOKEN_LIFETIME,
            transaction: decision.verification.transaction,
        };
        mint(signing, &claims).map_err(VerifyError::Sign)
    }

    /// Completes, with other sessions evicted if the account's have changed meanwhile.
    async fn settle(&self, mut completion: CompletionRequest) -> Result<Settled, VerifyError> {
        for _ in 0..ROUNDS {
            match self.0.store.complete_verification(&completion).await? {
                Completion::Completed => return Ok(Settled::Completed),
                Completion::Closed => return Ok(Settled::TooLate),
                Completion::SessionsChanged(account) => {
                    completion.evicted = sessions_to_evict(*account, &completion.session);
                }
            }
        }
        Err(VerifyError::Contended)
    }
}

/// What came of completing.
enum Settled {
    Completed,
    TooLate,
}

/// The sessions that go for this one, which another execution of the attempt may have opened already.
fn sessions_to_evict(mut account: Account, session: &Session) -> Vec<SessionId> {
    account.sessions.remove(&session.id);
    account.sessions_to_evict(session.created_at)
}

/// More than once only if others succeed for the same user at the same moment: each round but the last, one of them did.
const ROUNDS: usize = 4;
