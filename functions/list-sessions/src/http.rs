//! From the request to the use case and back.

use admission::{CallerKind, Route};
use audit::RecordEvents;
use countersign_http::{Answer, Endpoint, Inbound, Problem, ProblemType};
use domain::{Session, UserId};
use serde::Serialize;
use store::{DrawPermits, FindListings, FindSessionEpoch, ListSessions};

use crate::{ListError, ListLiveSessions};

impl<S, A> Endpoint for ListLiveSessions<S, A>
where
    S: ListSessions + FindSessionEpoch + DrawPermits + FindListings + 'static,
    A: RecordEvents + 'static,
{
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        let tenant = inbound.caller(Route::ListSessions)?.tenant()?;
        let user = user(&inbound.query())?;
        let arrival = inbound.arrival(Route::ListSessions, tenant, CallerKind::Server);
        let sessions = self.list(&arrival, user).await?;
        Answer::ok(&Body { user_id: user.to_string(), sessions: sessions.iter().map(SessionBody::of).collect() })
    }

    async fn refused(&self, inbound: &Inbound, problem: &Problem) {
        self.0.denials.record(Route::ListSessions, inbound, problem).await;
    }
}

/// The one parameter that there is, there once.
fn user(query: &[(String, String)]) -> Result<UserId, Problem> {
    match query {
        [] => Err(invalid("the parameter user_id is missing")),
        [(name, text)] if name == "user_id" => text.parse().map_err(|_| invalid("the parameter user_id is not a UUID")),
        _ => Err(invalid("user_id is the only parameter, and once")),
    }
}

fn invalid(detail: &'static str) -> Problem {
    Problem::new(ProblemType::InvalidRequest).detail(detail)
}

impl From<ListError> for Problem {
    fn from(error: ListError) -> Self {
        match error {
            ListError::NotAdmitted(refusal) => refusal.into(),
            ListError::Store(error) => error.into(),
        }
    }
}

/// The body of the answer.
#[derive(Serialize)]
struct Body {
    user_id: String,
    sessions: Vec<SessionBody>,
}

#[derive(Serialize)]
struct SessionBody {
    session_id: String,
    acr: &'static str,
    created_at: String,
    refreshed_at: String,
    /// When it is over unless it is refreshed before.
    idle_at: String,
    /// When it is over whatever happens.
    expires_at: String,
}

impl SessionBody {
    fn of(session: &Session) -> Self {
        Self {
            session_id: session.id.to_string(),
            acr: session.acr.name(),
            created_at: session.created_at.to_string(),
            refreshed_at: session.refreshed_at.to_string(),
            idle_at: session.idle_at().to_string(),
            expires_at: session.expires_at.to_string(),
        }
    }
}
