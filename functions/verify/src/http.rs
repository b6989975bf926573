//! From the request to the use case and back.

use audit::RecordEvent;
use countersign_http::{Answer, Caller, Endpoint, FactorBody, Inbound, Problem, SessionTokens, presented_factors};
use crypto::UnwrapKey;
use serde::Deserialize;

use crate::{AttemptRequest, Verify, VerifyError, VerifyStore};

impl<S, U, A> Endpoint for Verify<S, U, A>
where
    S: VerifyStore + 'static,
    U: UnwrapKey + 'static,
    A: RecordEvent + 'static,
{
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        let caller = inbound.caller()?;
        let key = inbound.idempotency_key(self.now())?;
        let verification = inbound.path_parameter("verification_id").parse().map_err(|_| VerifyError::Unknown)?;
        let body: Body = inbound.json()?;
        let factors = presented_factors(&body.factors)?;
        let tenant = match caller {
            Caller::Tenant(tenant) => tenant,
            Caller::CapabilityHolder(holder) => self.admit(&holder, verification).await?,
        };
        let request = AttemptRequest { tenant, verification, factors, key, request_id: &inbound.request_id };
        let verified = self.verify(request).await?;
        let tokens = SessionTokens::new(&verified.access_token, &verified.refresh_token, verified.session);
        Answer::ok(&tokens)
    }

    fn kdf_runs(&self) -> u64 {
        self.derivations()
    }
}

/// The body of the request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    factors: Vec<FactorBody>,
}
