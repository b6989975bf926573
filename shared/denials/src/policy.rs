//! Which problems are denials.

use audit::Denial;
use countersign_http::ProblemType;

/// The denial that a problem stands for, if any.
///
/// - A denial is a request that was understood and refused: for who sent it, for what it asks for, or for how often.
/// - What the trail has in full is not sampled here besides: a wrong attempt ([`audit::Outcome::AttemptWrong`]) and the enrollment
///   of somebody who is enrolled or erased ([`audit::Outcome::EnrollmentRefused`]) have events of their own.
/// - A refresh token that was used before has its own, too ([`audit::Outcome::RefreshTokenReused`]), and is counted here besides:
///   by its problem it can't be told from one that is over.
/// - A right attempt that came too late has its own, too ([`audit::Outcome::CompletionRefused`]), and its answer, a closed
///   verification, is counted here besides: by its problem it can't be told from any other.
/// - A malformed request is none: nothing was asked for that could be refused, and any passer-by can send millions.
/// - A request whose first try is still in progress is none: the first try's outcome is that of both.
/// - A fault of ours is none: nothing was decided.
pub(crate) const fn denial(problem: ProblemType) -> Option<Denial> {
    match problem {
        ProblemType::InvalidGrant => Some(Denial::InvalidGrant),
        ProblemType::Unauthenticated => Some(Denial::Unauthenticated),
        ProblemType::StepUpRequired => Some(Denial::StepUpRequired),
        ProblemType::Forbidden => Some(Denial::Forbidden),
        ProblemType::InsufficientScope => Some(Denial::InsufficientScope),
        ProblemType::RateLimited => Some(Denial::RateLimited),
        ProblemType::EnrollmentNotFound => Some(Denial::EnrollmentNotFound),
        ProblemType::VerificationNotFound => Some(Denial::VerificationNotFound),
        ProblemType::VerificationClosed => Some(Denial::VerificationClosed),
        ProblemType::FactorsMismatch => Some(Denial::FactorsMismatch),
        ProblemType::IdempotencyKeyReused => Some(Denial::IdempotencyKeyReused),
        ProblemType::IdempotencyKeyStale => Some(Denial::IdempotencyKeyStale),
        // Events of their own.
        ProblemType::AuthenticationFailed
        | ProblemType::AlreadyEnrolled
        | ProblemType::UserErased
        // Malformed.
        | ProblemType::InvalidRequest
        | ProblemType::NotFound
        | ProblemType::MethodNotAllowed
        | ProblemType::PayloadTooLarge
        | ProblemType::UnsupportedMediaType
        | ProblemType::PolicyNotSatisfied
        | ProblemType::IdempotencyKeyInvalid
        // The first try's outcome is that of both.
        | ProblemType::RequestInProgress
        // Faults of ours.
        | ProblemType::InternalError
        | ProblemType::Unavailable => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l1_every_denial_has_its_problem_and_is_named_after_it() {
        let names = ProblemType::ALL.into_iter().filter_map(|problem| {
            let name = problem.uri().strip_prefix("/problems/")?.replace('-', "_");
            Some((serde_json::to_value(denial(problem)?).unwrap(), name))
        });

        let names: Vec<_> = names.collect();

        assert_eq!(names.len(), 12);
        for (denial, problem) in names {
            assert_eq!(denial, problem);
        }
    }

    #[test]
    fn l1_what_is_no_denial_is_malformed_or_in_the_trail_already_or_a_fault() {
        let others = ProblemType::ALL.into_iter().filter(|problem| denial(*problem).is_none());

        let others: Vec<_> = others.map(ProblemType::uri).collect();

        assert_eq!(
            others,
            [
                "/problems/invalid-request",
                "/problems/authentication-failed",
                "/problems/not-found",
                "/problems/method-not-allowed",
                "/problems/already-enrolled",
                "/problems/user-erased",
                "/problems/request-in-progress",
                "/problems/payload-too-large",
                "/problems/unsupported-media-type",
                "/problems/policy-not-satisfied",
                "/problems/idempotency-key-invalid",
                "/problems/internal-error",
                "/problems/unavailable",
            ]
        );
    }
}
