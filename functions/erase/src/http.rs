//! From the request to the use case and back.

use admission::{Arrival, CallerKind, Route};
use audit::RecordEvents;
use countersign_http::{Answer, Endpoint, Inbound, Problem};
use crypto::UnwrapKey;
use domain::UserId;
use jiff::Timestamp;
use serde::Serialize;

use crate::{Erase, EraseError, EraseRequest, EraseStore};

impl<S, U, A> Endpoint for Erase<S, U, A>
where
    S: EraseStore + 'static,
    U: UnwrapKey + 'static,
    A: RecordEvents + 'static,
{
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        let tenant = inbound.caller(Route::Erase)?.tenant()?;
        let key = inbound.idempotency_key(self.now())?;
        let user = inbound.path_parameter("user_id").parse().map_err(|_| EraseError::NotEnrolled)?;
        let (caller, source) = (CallerKind::Server, inbound.source());
        let request = EraseRequest {
            arrival: Arrival { route: Route::Erase, tenant, caller, source, user: Some(user), key: Some(key) },
            user,
            unverified_token: inbound.unverified_step_up_token(),
            key,
            request_id: &inbound.request_id,
        };
        let erased = self.erase(request).await?;
        Ok(Answer::stored(&erased.body))
    }

    async fn refused(&self, inbound: &Inbound, problem: &Problem) {
        self.0.denials.record(Route::Erase, inbound, problem).await;
    }
}

/// The body of the answer.
#[derive(Serialize)]
struct ErasedBody {
    user_id: String,
    status: &'static str,
    erased_at: String,
}

/// The answer about a user who was erased at `at`. The store keeps milliseconds, and a retry may be answered from there.
pub(crate) fn answer_body(user: UserId, at: Timestamp) -> Result<String, EraseError> {
    let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
    let body = ErasedBody { user_id: user.to_string(), status: "erased", erased_at: at.to_string() };
    serde_json::to_string(&body).map_err(EraseError::Answer)
}
