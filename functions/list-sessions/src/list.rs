//! The use case.

use std::sync::Arc;

use admission::{Admission, Arrival, Refusal};
use audit::RecordEvents;
use denials::Denials;
use domain::{Clock, Session, UserId};
use store::{DrawPermits, FindListings, FindSessionEpoch, ListSessions, StoreError};

/// What listing works with.
#[derive(Debug)]
pub struct Ports<S, A> {
    /// Sessions.
    pub store: S,
    /// Lets requests in.
    pub admission: Admission<S>,
    /// Takes note of refused requests.
    pub denials: Denials<A>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Lists a user's live sessions to their tenant.
#[derive(Debug)]
pub struct ListLiveSessions<S, A>(pub(crate) Arc<Ports<S, A>>);

impl<S, A> ListLiveSessions<S, A>
where
    S: ListSessions + FindSessionEpoch + DrawPermits + FindListings,
    A: RecordEvents,
{
    /// Lists sessions with these ports.
    pub fn new(ports: Ports<S, A>) -> Self {
        Self(Arc::new(ports))
    }

    /// The live sessions of the arrival's tenant's user, the newest first, if the request is let in.
    ///
    /// # Errors
    /// [`ListError`] if it is not, or the store does not answer.
    pub async fn list(&self, arrival: &Arrival, user: UserId) -> Result<Vec<Session>, ListError> {
        let tenant = arrival.tenant;
        self.0.admission.admit(&Arrival { user: Some(user), ..*arrival }).await?;
        let (mut sessions, epoch) =
            tokio::try_join!(self.0.store.list_sessions(tenant, user), self.0.store.find_session_epoch(tenant, user),)?;
        let now = self.0.clock.now();
        sessions.retain(|session| session.is_live_in(epoch, now));
        sessions.sort_by_key(|session| std::cmp::Reverse((session.created_at, session.id)));
        Ok(sessions)
    }
}

impl<S, A> Clone for ListLiveSessions<S, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Why nothing is listed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The request is not let in.
    #[error("the request is not let in")]
    NotAdmitted(#[from] Refusal),
    /// The store does not answer.
    #[error("the sessions can't be read")]
    Store(#[from] StoreError),
}
