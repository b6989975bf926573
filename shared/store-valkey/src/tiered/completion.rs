//! Completing a verification that is in the cache: it decides, and the session is opened in the durable store beside it.
//!
//! | cache | session | |
//! |---|---|---|
//! | completed | opened | completed |
//! | completed | others must go | they go, and the session is opened |
//! | completed | superseded by a change of factors | closed: a repeated attempt meets the same, and gets no answer either |
//! | completed | failed | the error; a repeated attempt sees to the session |
//! | closed | opened | the session is withdrawn: no token of it was ever given out |
//! | superseded | either | closed; the session stays, since the execution that took the attempt over opens the same |
//! | failed | either | the error; a repeated attempt finds out, and opens the same session |

use domain::{Account, Session, TenantId, VerificationId};
use futures_util::future::join;
use store::{
    CompleteVerification, Completion, CompletionRequest, OpenSession, SessionOpening, StoreError, StoreErrorKind,
};

use super::verification::Seen;
use crate::Tiered;
use crate::verification::HalfCompletion;

impl<D: CompleteVerification + OpenSession> CompleteVerification for Tiered<D> {
    async fn complete_verification(&self, request: &CompletionRequest) -> Result<Completion, StoreError> {
        let Some(cache) = self.cache_of(request.verification) else {
            return self.durable.complete_verification(request).await;
        };
        let session = &request.session;
        let opening = self.durable.open_session(session, &request.evicted);
        let (completion, opening) = join(cache.complete(request), opening).await;
        match (completion?, opening) {
            (HalfCompletion::Completed, Ok(SessionOpening::Opened)) => {
                self.confirm_soon(session.tenant, request.verification);
                Ok(Completion::Completed)
            }
            (HalfCompletion::Completed, Ok(SessionOpening::Changed(account))) => {
                if self.open_in(*account, session).await? == Seen::Superseded {
                    return Ok(Completion::Closed);
                }
                self.confirm_soon(session.tenant, request.verification);
                Ok(Completion::Completed)
            }
            (HalfCompletion::Completed, Err(error)) => Err(error),
            (HalfCompletion::Closed, Ok(SessionOpening::Opened)) => {
                // If this fails, what remains is a session that nobody has a token of.
                drop(self.durable.withdraw_session(session).await);
                Ok(Completion::Closed)
            }
            (HalfCompletion::Completed, Ok(SessionOpening::Superseded))
            | (HalfCompletion::Closed | HalfCompletion::Superseded, _) => Ok(Completion::Closed),
        }
    }
}

impl<D: OpenSession> Tiered<D> {
    /// Opens a session of a verification that is completed already, in an account as it was found; others that open sessions at the
    /// same time may be faster a few times.
    pub(super) async fn open_in(&self, mut account: Account, session: &Session) -> Result<Seen, StoreError> {
        for _ in 0..ROUNDS {
            let evicted = account.sessions_to_evict(session.created_at);
            match self.durable.open_session(session, &evicted).await? {
                SessionOpening::Opened => return Ok(Seen::Open),
                SessionOpening::Superseded => return Ok(Seen::Superseded),
                SessionOpening::Changed(changed) => account = *changed,
            }
        }
        let reason = "the account's sessions keep changing";
        Err(StoreError::new(StoreErrorKind::Throttled, "CompleteVerification", reason))
    }
}

impl<D> Tiered<D> {
    /// Notes that the session is open, while the caller goes on. If the note is lost, a repeated attempt looks into the account.
    pub(super) fn confirm_soon(&self, tenant: TenantId, id: VerificationId) {
        if let Some(cache) = self.cache.clone() {
            tokio::spawn(async move { drop(cache.confirm(tenant, id).await) });
        }
    }
}

/// How often a session is tried to be opened while others are: 16 successes of one user at once need no more.
const ROUNDS: usize = 16;
