//! What Countersign is about, without I/O: ids, factors, askable sets, verifications, sessions, and the two things that
//! every decision takes as parameters, a [`Clock`] and an [`Entropy`].

mod account;
mod acr;
mod api_key;
mod askable;
mod digest;
mod enrollment;
mod entropy;
mod factor;
mod id;
mod idempotency;
mod limit;
mod listing;
mod lockout;
mod opaque;
mod route;
mod scope;
mod session;
mod time;
mod transaction;
mod verification;

pub use account::{Account, AttemptMark, MAX_SESSIONS};
pub use acr::{Acr, UnknownAcr};
pub use api_key::{ApiKeyId, ApiKeyMode, ApiKeyName};
pub use askable::{AskableSets, MAX_ASKABLE_SETS};
pub use digest::{Digest, InvalidDigest, PresentedFactors};
pub use enrollment::{DeviceId, Enrollment, EnrollmentRefused, InvalidDeviceId, enrollable};
pub use entropy::{Entropy, EntropyUnavailable};
pub use factor::{Category, DuplicateFactor, FactorSet, FactorType, UnknownFactor};
pub use id::{BranchKeyVersion, EventId, InvalidId, KeyId, RequestId, SessionId, TenantId, UserId, VerificationId};
pub use idempotency::{
    IDEMPOTENCY_WINDOW, IN_FLIGHT_FOR, IdempotencyKey, IdempotencyKeyRefused, RequestFingerprint, RequestNonce,
};
pub use limit::{
    Algorithm, Counter, CounterKey, Draw, DrawId, Drawn, Level, Limit, LimitSubject, Penalty, SourceAddress, Violations,
};
pub use listing::{ListedAccess, ListedSubject, Listing, MAX_LISTINGS};
pub use lockout::{FORGOTTEN_AFTER, Failures, LADDER, Reserving};
pub use opaque::{Sealed, SecretHash, SessionSeed};
pub use route::{Route, UnknownRoute};
pub use scope::{InvalidScopes, Scope, Scopes};
pub use session::{Session, SessionEpoch, SessionProfile};
pub use time::{Clock, SystemClock, Window};
pub use transaction::{InvalidTransaction, MAX_AMOUNT_MINOR, Transaction, TransactionHash};
pub use verification::{
    ATTEMPTS_ALLOWED, Attempt, AttemptState, Home, VERIFICATION_LIFETIME, Verification, VerificationStatus, Verified,
};
