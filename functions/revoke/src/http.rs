//! From the request to the use case and back.

use admission::{Arrival, CallerKind, Route};
use audit::RecordEvents;
use countersign_http::{Answer, Endpoint, Inbound, Problem, ProblemType};
use crypto::UnwrapKey;
use serde::Deserialize;

use crate::{Revoke, RevokeRequest, RevokeStore, RevokeTarget};

impl<S, U, A> Endpoint for Revoke<S, U, A>
where
    S: RevokeStore + 'static,
    U: UnwrapKey + 'static,
    A: RecordEvents + 'static,
{
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        let tenant = inbound.caller(Route::Revoke)?.tenant()?;
        let key = inbound.idempotency_key(self.now())?;
        let body: RevokeBody = inbound.json()?;
        let (caller, source) = (CallerKind::Server, inbound.source());
        let request = RevokeRequest {
            arrival: Arrival { route: Route::Revoke, tenant, caller, source, user: None, key: Some(key) },
            target: body.target()?,
            key,
            body: inbound.body(),
            request_id: &inbound.request_id,
        };
        let revoked = self.revoke(request).await?;
        Ok(Answer::stored(&revoked.body))
    }

    async fn refused(&self, inbound: &Inbound, problem: &Problem) {
        self.0.denials.record(Route::Revoke, inbound, problem).await;
    }
}

/// The body. No `Debug`: the token is a secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokeBody {
    #[serde(rename = "token")]
    unverified_token: Option<String>,
    #[serde(rename = "user_id")]
    unverified_user: Option<String>,
}

impl RevokeBody {
    /// The one of the two that is there.
    fn target(&self) -> Result<RevokeTarget<'_>, Problem> {
        match (&self.unverified_token, &self.unverified_user) {
            (Some(token), None) => Ok(RevokeTarget::UnverifiedToken(token)),
            (None, Some(user)) => match user.parse() {
                Ok(user) => Ok(RevokeTarget::User(user)),
                Err(_) => Err(Problem::invalid("/user_id", "a user id is a UUID in hyphenated form")),
            },
            _ => Err(Problem::new(ProblemType::InvalidRequest).detail("exactly one of token and user_id is needed")),
        }
    }
}
