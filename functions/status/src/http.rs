//! From the request to the use case and back.

use admission::{CallerKind, Route};
use audit::RecordEvents;
use countersign_http::{Answer, Caller, Endpoint, Inbound, Problem};
use crypto::UnwrapKey;
use serde::Serialize;
use store::{DrawPermits, FindBranchKey, FindListings, FindVerification};

use crate::{ReadStatus, StatusError};

impl<S, U, A> Endpoint for ReadStatus<S, U, A>
where
    S: FindVerification + FindBranchKey + DrawPermits + FindListings + 'static,
    U: UnwrapKey + Send + Sync + 'static,
    A: RecordEvents + 'static,
{
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        let caller = inbound.caller(Route::Status)?;
        let id = inbound.path_parameter("verification_id").parse().map_err(|_| StatusError::Unknown)?;
        let (tenant, caller) = match caller {
            Caller::Tenant(tenant) => (tenant, CallerKind::Server),
            Caller::CapabilityHolder(holder) => (self.authenticate(&holder, id).await?, CallerKind::Device),
        };
        let standing = self.read(&inbound.arrival(Route::Status, tenant, caller), id).await?;
        Answer::ok(&Body {
            verification_id: id.to_string(),
            status: standing.status.name(),
            attempts_remaining: standing.attempts_remaining,
            expires_at: standing.expires_at.to_string(),
        })
    }

    async fn refused(&self, inbound: &Inbound, problem: &Problem) {
        self.0.denials.record(Route::Status, inbound, problem).await;
    }
}

/// The body of the answer.
#[derive(Serialize)]
struct Body {
    verification_id: String,
    status: &'static str,
    attempts_remaining: u8,
    expires_at: String,
}
