//! From the request to the use case and back.

use admission::{Arrival, CallerKind, Route};
use audit::RecordEvents;
use countersign_http::{Answer, Endpoint, FactorBody, FactorDescription, Inbound, Problem, presented_factors};
use crypto::UnwrapKey;
use domain::Enrollment;
use serde::{Deserialize, Serialize};

use crate::{Rotate, RotateError, RotateRequest, RotateStore};

impl<S, U, A> Endpoint for Rotate<S, U, A>
where
    S: RotateStore + 'static,
    U: UnwrapKey + 'static,
    A: RecordEvents + 'static,
{
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        let tenant = inbound.caller(Route::RotateFactors)?.tenant()?;
        let key = inbound.idempotency_key(self.now())?;
        let user = inbound.path_parameter("user_id").parse().map_err(|_| RotateError::NotEnrolled)?;
        let body: Body = inbound.json()?;
        let (caller, source) = (CallerKind::Server, inbound.source());
        let request = RotateRequest {
            arrival: Arrival { route: Route::RotateFactors, tenant, caller, source, user: Some(user), key: Some(key) },
            user,
            unverified_token: inbound.unverified_step_up_token(),
            factors: presented_factors(&body.factors)?,
            key,
            body: inbound.body(),
            request_id: &inbound.request_id,
        };
        let rotated = self.rotate(request).await?;
        Ok(Answer::stored(&rotated.body))
    }

    async fn refused(&self, inbound: &Inbound, problem: &Problem) {
        self.0.denials.record(Route::RotateFactors, inbound, problem).await;
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

/// The body of the answer.
#[derive(Serialize)]
struct RotatedBody {
    user_id: String,
    factors: Vec<FactorDescription>,
    key_version: u32,
    created_at: String,
}

/// The answer about an enrollment as it is after the rotation.
pub(crate) fn answer_body(enrollment: &Enrollment) -> Result<String, RotateError> {
    let body = RotatedBody {
        user_id: enrollment.user.to_string(),
        factors: FactorDescription::of_each(enrollment.factors),
        key_version: enrollment.key_version,
        created_at: enrollment.created_at.to_string(),
    };
    serde_json::to_string(&body).map_err(RotateError::Answer)
}
