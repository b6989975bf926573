//! From the request to the use case and back.

use audit::RecordEvent;
use countersign_http::{Answer, Endpoint, Inbound, Problem, TokenBody};
use crypto::UnwrapKey;
use serde::Serialize;
use store::{FindBranchKey, FindSession, ListSigningKeys, RevokeSession};

use crate::{Revoke, RevokeRequest};

impl<S, U, A> Endpoint for Revoke<S, U, A>
where
    S: FindSession + RevokeSession + FindBranchKey + ListSigningKeys + 'static,
    U: UnwrapKey + 'static,
    A: RecordEvent + 'static,
{
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        let tenant = inbound.caller()?.tenant()?;
        let key = inbound.idempotency_key(self.now())?;
        let body: TokenBody = inbound.json()?;
        let request =
            RevokeRequest { tenant, unverified_token: &body.unverified_token, key, request_id: &inbound.request_id };
        self.revoke(request).await?;
        Answer::ok(&Revoked {})
    }
}

/// The body of the answer: RFC 7009 leaves it empty, JSON clients want an object.
#[derive(Serialize)]
struct Revoked {}
