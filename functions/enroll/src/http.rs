//! From the request to the use case and back.

use admission::{Arrival, CallerKind, Route};
use audit::RecordEvents;
use countersign_http::{Answer, Endpoint, FactorBody, FactorDescription, Inbound, Problem, presented_factors};
use crypto::UnwrapKey;
use domain::{DeviceId, Enrollment, UserId};
use serde::{Deserialize, Serialize};

use crate::{Enroll, EnrollRequest, EnrollStore};

impl<S, U, A> Endpoint for Enroll<S, U, A>
where
    S: EnrollStore + 'static,
    U: UnwrapKey + 'static,
    A: RecordEvents + 'static,
{
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        let tenant = inbound.caller(Route::Enroll)?.tenant()?;
        let key = inbound.idempotency_key(self.now())?;
        let body: Body = inbound.json()?;
        let (caller, source) = (CallerKind::Server, inbound.source());
        let request = EnrollRequest {
            arrival: Arrival { route: Route::Enroll, tenant, caller, source, user: body.user()?, key: Some(key) },
            factors: presented_factors(&body.factors)?,
            device: body.device()?,
            key,
            body: inbound.body(),
            request_id: &inbound.request_id,
        };
        let enrollment = self.enroll(request).await?;
        Answer::created(&Enrolled::from(&enrollment))
    }

    async fn refused(&self, inbound: &Inbound, problem: &Problem) {
        self.0.denials.record(Route::Enroll, inbound, problem).await;
    }

    fn kdf_runs(&self) -> u64 {
        self.derivations()
    }
}

/// The body of the request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(rename = "user_id", default)]
    unverified_user_id: Option<String>,
    factors: Vec<FactorBody>,
    #[serde(rename = "device_id", default)]
    unverified_device_id: Option<String>,
}

impl Body {
    fn user(&self) -> Result<Option<UserId>, Problem> {
        let user = self.unverified_user_id.as_deref().map(str::parse).transpose();
        user.map_err(|_| Problem::invalid("/user_id", "a user id is a UUID in hyphenated form"))
    }

    fn device(&self) -> Result<Option<DeviceId>, Problem> {
        let device = self.unverified_device_id.clone().map(DeviceId::new).transpose();
        device.map_err(|_| Problem::invalid("/device_id", "a device id is 1 to 128 visible ASCII characters"))
    }
}

/// The body of the answer.
#[derive(Serialize)]
struct Enrolled {
    user_id: String,
    factors: Vec<FactorDescription>,
    key_version: u32,
    created_at: String,
}

impl From<&Enrollment> for Enrolled {
    fn from(enrollment: &Enrollment) -> Self {
        Self {
            user_id: enrollment.user.to_string(),
            factors: FactorDescription::of_each(enrollment.factors),
            key_version: enrollment.key_version,
            created_at: enrollment.created_at.to_string(),
        }
    }
}
