//! From the request to the use case and back.

use admission::{CallerKind, Route};
use audit::RecordEvents;
use countersign_http::{Answer, Endpoint, FactorDescription, Inbound, Problem, ProblemType};
use domain::Enrollment;
use serde::Serialize;
use store::{DrawPermits, FindEnrollment, FindListings};

use crate::{DescribeEnrollment, DescribeError};

impl<S, A> Endpoint for DescribeEnrollment<S, A>
where
    S: FindEnrollment + DrawPermits + FindListings + 'static,
    A: RecordEvents + 'static,
{
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        let tenant = inbound.caller(Route::DescribeEnrollment)?.tenant()?;
        let user = inbound.path_parameter("user_id").parse().map_err(|_| DescribeError::NotEnrolled)?;
        let arrival = inbound.arrival(Route::DescribeEnrollment, tenant, CallerKind::Server);
        let enrollment = self.describe(&arrival, user).await?;
        Answer::ok(&Description::of(&enrollment))
    }

    async fn refused(&self, inbound: &Inbound, problem: &Problem) {
        self.0.denials.record(Route::DescribeEnrollment, inbound, problem).await;
    }
}

impl From<DescribeError> for Problem {
    fn from(error: DescribeError) -> Self {
        match error {
            DescribeError::NotAdmitted(refusal) => refusal.into(),
            DescribeError::NotEnrolled => Self::new(ProblemType::EnrollmentNotFound),
            DescribeError::Store(error) => error.into(),
        }
    }
}

/// The body of the answer.
#[derive(Serialize)]
struct Description {
    user_id: String,
    factors: Vec<FactorDescription>,
    key_version: u32,
    created_at: String,
}

impl Description {
    fn of(enrollment: &Enrollment) -> Self {
        Self {
            user_id: enrollment.user.to_string(),
            factors: FactorDescription::of_each(enrollment.factors),
            key_version: enrollment.key_version,
            created_at: enrollment.created_at.to_string(),
        }
    }
}
