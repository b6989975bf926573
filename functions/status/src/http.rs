//! From the request to the use case and back.

use countersign_http::{Answer, Caller, Endpoint, Inbound, Problem};
use crypto::UnwrapKey;
use serde::Serialize;
use store::{FindBranchKey, FindVerification};

use crate::{ReadStatus, StatusError};

impl<S, U> Endpoint for ReadStatus<S, U>
where
    S: FindVerification + FindBranchKey + Clone + 'static,
    U: UnwrapKey + Send + Sync + 'static,
{
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        let caller = inbound.caller()?;
        let id = inbound.path_parameter("verification_id").parse().map_err(|_| StatusError::Unknown)?;
        let tenant = match caller {
            Caller::Tenant(tenant) => tenant,
            Caller::CapabilityHolder(holder) => self.admit(&holder, id).await?,
        };
        let standing = self.read(tenant, id).await?;
        Answer::ok(&Body {
            verification_id: id.to_string(),
            status: standing.status.name(),
            attempts_remaining: standing.attempts_remaining,
            expires_at: standing.expires_at.to_string(),
        })
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
