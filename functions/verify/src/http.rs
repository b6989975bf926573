//! From the request to the use case and back.

use admission::{Arrival, CallerKind, Route};
use audit::RecordEvents;
use countersign_http::{Answer, Caller, Endpoint, FactorBody, Inbound, Problem, presented_factors};
use crypto::UnwrapKey;
use serde::Deserialize;

use crate::{AttemptRequest, Verify, VerifyError, VerifyStore};

impl<S, U, A> Endpoint for Verify<S, U, A>
where
    S: VerifyStore + 'static,
    U: UnwrapKey + 'static,
    A: RecordEvents + 'static,
{
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        let caller = inbound.caller(Route::Verify)?;
        let key = inbound.idempotency_key(self.now())?;
        let verification = inbound.path_parameter("verification_id").parse().map_err(|_| VerifyError::Unknown)?;
        let body: Body = inbound.json()?;
        let factors = presented_factors(&body.factors)?;
        let (tenant, caller) = match caller {
            Caller::Tenant(tenant) => (tenant, CallerKind::Server),
            Caller::CapabilityHolder(holder) => (self.recognise(&holder, verification).await?, CallerKind::Device),
        };
        let arrival = Arrival { key: Some(key), ..inbound.arrival(Route::Verify, tenant, caller) };
        let (body, request_id) = (inbound.body(), &inbound.request_id);
        let verified = self.verify(AttemptRequest { arrival, verification, factors, key, body, request_id }).await?;
        Ok(Answer::stored(&verified.body))
    }

    async fn refused(&self, inbound: &Inbound, problem: &Problem) {
        self.0.denials.record(Route::Verify, inbound, problem).await;
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
