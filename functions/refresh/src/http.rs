//! From the request to the use case and back.

use admission::{Arrival, CallerKind, Route};
use audit::RecordEvents;
use countersign_http::{Answer, Endpoint, Inbound, Problem, RefreshBody};
use crypto::UnwrapKey;

use crate::{Refresh, RefreshRequest, RefreshStore};

impl<S, U, A> Endpoint for Refresh<S, U, A>
where
    S: RefreshStore + 'static,
    U: UnwrapKey + 'static,
    A: RecordEvents + 'static,
{
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        let tenant = inbound.caller(Route::Refresh)?.tenant()?;
        let key = inbound.idempotency_key(self.now())?;
        let body: RefreshBody = inbound.json()?;
        let (caller, source) = (CallerKind::Server, inbound.source());
        let request = RefreshRequest {
            arrival: Arrival { route: Route::Refresh, tenant, caller, source, user: None, key: Some(key) },
            unverified_token: &body.unverified_token,
            key,
            body: inbound.body(),
            request_id: &inbound.request_id,
        };
        let refreshed = self.refresh(request).await?;
        Ok(Answer::stored(&refreshed.body))
    }

    async fn refused(&self, inbound: &Inbound, problem: &Problem) {
        self.0.denials.record(Route::Refresh, inbound, problem).await;
    }
}
