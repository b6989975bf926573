//! From the request to the use case and back.

use admission::{Arrival, CallerKind, Route};
use audit::RecordEvents;
use countersign_http::{Answer, Endpoint, Inbound, Problem, TokenBody};
use crypto::UnwrapKey;

use crate::{Revoke, RevokeRequest, RevokeStore};

impl<S, U, A> Endpoint for Revoke<S, U, A>
where
    S: RevokeStore + 'static,
    U: UnwrapKey + 'static,
    A: RecordEvents + 'static,
{
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        let tenant = inbound.caller(Route::Revoke)?.tenant()?;
        let key = inbound.idempotency_key(self.now())?;
        let body: TokenBody = inbound.json()?;
        let (caller, source) = (CallerKind::Server, inbound.source());
        let request = RevokeRequest {
            arrival: Arrival { route: Route::Revoke, tenant, caller, source, user: None, key: Some(key) },
            unverified_token: &body.unverified_token,
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
