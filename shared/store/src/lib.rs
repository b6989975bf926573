//! The ports: what the functions need of a store, one capability each, named by its verb.
//!
//! A refused condition is an outcome, not an error. Every port takes the tenant, and every race is decided by one
//! conditional write inside the implementation. Records are parsed when read; an impossible one is
//! [`StoreErrorKind::Corrupt`]. Instants are compared and kept in whole milliseconds; what is finer is cut off first.
//!
//! With the feature `conformance`, the suite of that name holds an implementation to all of this.

mod access_list;
mod account;
mod api_key;
mod branch_key;
#[cfg(feature = "conformance")]
pub mod conformance;
mod draw;
mod enrollment;
mod error;
mod event;
mod lifecycle;
mod log_head;
mod outbox;
mod readiness;
mod request;
mod session;
mod session_epoch;
mod signing_key;
mod verification;

pub use access_list::{ChangeListings, FindListings};
pub use account::{FindAccount, OpenSession, Reservation, ReserveFailure, SessionOpening, UnlockAccount, Unlocking};
pub use api_key::{
    ApiKeyChange, ApiKeyRecord, ApiKeyRotation, CreateApiKey, FindApiKey, ListApiKeys, ListedApiKey, NoteApiKeyUse,
    RevokeApiKey, RotateApiKey, USE_NOTED_EVERY,
};
pub use branch_key::{
    BranchKeyRecord, CreateBranchKey, FindBranchKey, ListBranchKeys, REGISTER_PARTS, RegisteredBranchKey,
    RotateBranchKey, register_part,
};
pub use draw::DrawPermits;
pub use enrollment::{
    CreateEnrollment, CurrentEnrollment, EnrollmentCreation, FindCurrentEnrollment, FindEnrollment, Upgrade,
    UpgradeVerifiers,
};
pub use error::{StoreError, StoreErrorKind};
pub use event::{
    EventCursor, EventKey, EventPage, EventQuery, EventRecord, FindEvents, IndexEvents, LogPosition, RecogniseEvents,
};
pub use lifecycle::{
    DisableUser, Disabling, DisablingOutcome, Enabling, EnablingOutcome, EraseUser, Erasure, ErasureOutcome,
    FactorRotation, FactorRotationOutcome, RotateFactors,
};
pub use log_head::{Append, AppendBatch, FindLogHeads, LeaseShard, Leasing, LogHead, ShardLease};
pub use outbox::{DrainOutbox, KeepEvents, OUTBOX_PARTS, OutboxEvent, outbox_part};
pub use readiness::CheckReadiness;
pub use request::{BeginRequest, Beginning, FinishRequest};
pub use session::{
    FindSession, ListSessions, Revocation, RevokeSession, RevokeSessions, RotateRefreshToken, Rotation, SessionKey,
    TokenRotation, UserRevocation, UserRevoked,
};
pub use session_epoch::{AdvanceSessionEpoch, EPOCH_COPIES, EpochAdvance, FindSessionEpoch, epoch_copy};
pub use signing_key::{CreateSigningKey, KeyRetirement, ListSigningKeys, RetireSigningKey, SigningKeyRecord};
pub use verification::{
    Claim, ClaimAttempt, ClaimRequest, ClaimedAttempt, CompleteVerification, Completion, CompletionRequest,
    FailAttempt, FindVerification, OpenVerification, Opening,
};
