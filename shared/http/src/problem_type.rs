//! The catalogue of problems. `docs/PROBLEMS.md` describes each for callers; a test holds the two together.

use lambda_http::http::StatusCode;

/// A kind of problem: its URI, its title and its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemType {
    /// The body, a header or the path is malformed.
    InvalidRequest,
    /// The refresh token is not the current one of a live session.
    InvalidGrant,
    /// No credential, or one that is not valid.
    Unauthenticated,
    /// The presented factors do not verify the user, whoever and whichever they are.
    AuthenticationFailed,
    /// The user's own, fresh access token is missing.
    StepUpRequired,
    /// The credential does not reach this route or object.
    Forbidden,
    /// The API key is not for this route.
    InsufficientScope,
    /// There is no such route.
    NotFound,
    /// The tenant has no such user enrolled.
    EnrollmentNotFound,
    /// The tenant has no such verification.
    VerificationNotFound,
    /// The route exists, the method does not.
    MethodNotAllowed,
    /// The user is enrolled already.
    AlreadyEnrolled,
    /// The user was erased.
    UserErased,
    /// The verification is over or its attempts are used up.
    VerificationClosed,
    /// The first request under this idempotency key is not answered yet.
    RequestInProgress,
    /// The body is too large.
    PayloadTooLarge,
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// The factors do not satisfy the enrollment's rules.
    PolicyNotSatisfied,
    /// The factor types presented are not the ones asked for.
    FactorsMismatch,
    /// The idempotency key was used for another request.
    IdempotencyKeyReused,
    /// No usable `Idempotency-Key`.
    IdempotencyKeyInvalid,
    /// The time inside the `Idempotency-Key` is too far from the server's.
    IdempotencyKeyStale,
    /// A limit is used up.
    RateLimited,
    /// A fault of ours that a retry will not mend.
    InternalError,
    /// Something that the answer depends on did not answer in time.
    Unavailable,
}

impl ProblemType {
    /// Every kind.
    pub const ALL: [Self; 25] = [
        Self::InvalidRequest,
        Self::InvalidGrant,
        Self::Unauthenticated,
        Self::AuthenticationFailed,
        Self::StepUpRequired,
        Self::Forbidden,
        Self::InsufficientScope,
        Self::NotFound,
        Self::EnrollmentNotFound,
        Self::VerificationNotFound,
        Self::MethodNotAllowed,
        Self::AlreadyEnrolled,
        Self::UserErased,
        Self::VerificationClosed,
        Self::RequestInProgress,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::PolicyNotSatisfied,
        Self::FactorsMismatch,
        Self::IdempotencyKeyReused,
        Self::IdempotencyKeyInvalid,
        Self::IdempotencyKeyStale,
        Self::RateLimited,
        Self::InternalError,
        Self::Unavailable,
    ];

    /// The `type` member: a URI reference, relative to the service.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        self.row().0
    }

    /// The `status` member and the answer's status.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.row().1
    }

    /// The `title` member.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.row().2
    }

    const fn row(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::InvalidRequest => ("/problems/invalid-request", StatusCode::BAD_REQUEST, "Invalid request"),
            Self::InvalidGrant => ("/problems/invalid-grant", StatusCode::BAD_REQUEST, "Invalid grant"),
            Self::Unauthenticated => ("/problems/unauthenticated", StatusCode::UNAUTHORIZED, "Unauthenticated"),
            Self::AuthenticationFailed => {
                ("/problems/authentication-failed", StatusCode::UNAUTHORIZED, "Authentication failed")
            }
            Self::StepUpRequired => ("/problems/step-up-required", StatusCode::UNAUTHORIZED, "Step-up required"),
            Self::Forbidden => ("/problems/forbidden", StatusCode::FORBIDDEN, "Forbidden"),
            Self::InsufficientScope => ("/problems/insufficient-scope", StatusCode::FORBIDDEN, "Insufficient scope"),
            Self::NotFound => ("/problems/not-found", StatusCode::NOT_FOUND, "Not found"),
            Self::EnrollmentNotFound => {
                ("/problems/enrollment-not-found", StatusCode::NOT_FOUND, "Enrollment not found")
            }
            Self::VerificationNotFound => {
                ("/problems/verification-not-found", StatusCode::NOT_FOUND, "Verification not found")
            }
            Self::MethodNotAllowed => {
                ("/problems/method-not-allowed", StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
            }
            Self::AlreadyEnrolled => ("/problems/already-enrolled", StatusCode::CONFLICT, "Already enrolled"),
            Self::UserErased => ("/problems/user-erased", StatusCode::CONFLICT, "User erased"),
            Self::VerificationClosed => ("/problems/verification-closed", StatusCode::CONFLICT, "Verification closed"),
            Self::RequestInProgress => ("/problems/request-in-progress", StatusCode::CONFLICT, "Request in progress"),
            Self::PayloadTooLarge => {
                ("/problems/payload-too-large", StatusCode::PAYLOAD_TOO_LARGE, "Payload too large")
            }
            Self::UnsupportedMediaType => {
                ("/problems/unsupported-media-type", StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type")
            }
            Self::PolicyNotSatisfied => {
                ("/problems/policy-not-satisfied", StatusCode::UNPROCESSABLE_ENTITY, "Policy not satisfied")
            }
            Self::FactorsMismatch => {
                ("/problems/factors-mismatch", StatusCode::UNPROCESSABLE_ENTITY, "Factors mismatch")
            }
            Self::IdempotencyKeyReused => {
                ("/problems/idempotency-key-reused", StatusCode::UNPROCESSABLE_ENTITY, "Idempotency key reused")
            }
            Self::IdempotencyKeyInvalid => {
                ("/problems/idempotency-key-invalid", StatusCode::BAD_REQUEST, "Idempotency key invalid")
            }
            Self::IdempotencyKeyStale => {
                ("/problems/idempotency-key-stale", StatusCode::BAD_REQUEST, "Idempotency key stale")
            }
            Self::RateLimited => ("/problems/rate-limited", StatusCode::TOO_MANY_REQUESTS, "Rate limited"),
            Self::InternalError => ("/problems/internal-error", StatusCode::INTERNAL_SERVER_ERROR, "Internal error"),
            Self::Unavailable => ("/problems/unavailable", StatusCode::SERVICE_UNAVAILABLE, "Unavailable"),
        }
    }
}
