//! What the functions need of a store.

use store::{
    BeginRequest, CheckReadiness, ClaimAttempt, CompleteVerification, CreateEnrollment, DrawPermits, FailAttempt,
    FindApiKey, FindBranchKey, FindEnrollment, FindEvents, FindListings, FindSession, FindVerification, FinishRequest,
    ListSigningKeys, NoteApiKeyUse, OpenVerification, ReserveFailure, RevokeSession, UpgradeVerifiers,
};

/// Every port of every function.
pub trait Store:
    BeginRequest
    + CheckReadiness
    + ClaimAttempt
    + Clone
    + CompleteVerification
    + CreateEnrollment
    + DrawPermits
    + FailAttempt
    + FindApiKey
    + FindBranchKey
    + FindEnrollment
    + FindEvents
    + FindListings
    + FindSession
    + FindVerification
    + FinishRequest
    + ListSigningKeys
    + NoteApiKeyUse
    + OpenVerification
    + ReserveFailure
    + RevokeSession
    + UpgradeVerifiers
    + 'static
{
}

impl<S> Store for S where
    S: BeginRequest
        + CheckReadiness
        + ClaimAttempt
        + Clone
        + CompleteVerification
        + CreateEnrollment
        + DrawPermits
        + FailAttempt
        + FindApiKey
        + FindBranchKey
        + FindEnrollment
        + FindEvents
        + FindListings
        + FindSession
        + FindVerification
        + FinishRequest
        + ListSigningKeys
        + NoteApiKeyUse
        + OpenVerification
        + ReserveFailure
        + RevokeSession
        + UpgradeVerifiers
        + 'static
{
}
