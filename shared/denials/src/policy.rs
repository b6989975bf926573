//! Which problems are denials.

use audit::Denial;
use countersign_http::ProblemType;

/// The denial that a problem stands for, if any.
///
/// - A denial is a request that was understood and refused: for who sent it, for what it asks for, or for how often.
/// - What the trail has in full is not sampled here besides: a wrong attempt ([`audit::Outcome::AttemptWrong`]) and the enrollment
///   of somebody who is enrolled ([`audit::Outcome::EnrollmentRefused`]) have events of their own.
/// - A malformed request is none: nothing was asked for that could be refused, and any passer-by can send millions.
/// - A request whose first try is still in progress is none: the first try's outcome is that of both.
/// - A fault of ours is none: nothing was decided.
pub(crate) const fn denial(problem: ProblemType) -> Option<Denial> {
    match problem {
        ProblemType::Unauthenticated => Some(Denial::Unauthenticated),
        ProblemType::Forbidden => Some(Denial::Forbidden),
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
