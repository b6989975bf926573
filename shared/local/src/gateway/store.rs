//! What the functions need of a store.

use store::{
    BeginRequest, CheckReadiness, ClaimAttempt, CompleteVerification, CreateEnrollment, DrawPermits, EraseUser,
    FailAttempt, FindAccount, FindApiKey, FindBranchKey, FindCurrentEnrollment, FindEnrollment, FindEvents,
    FindListings, FindSession, FindVerification, FinishRequest, ListSigningKeys, NoteApiKeyUse, OpenVerification,
    ReserveFailure, RevokeSession, RotateFactors, UpgradeVerifiers,
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
    + EraseUser
    + FailAttempt
    + FindAccount
    + FindApiKey
    + FindBranchKey
    + FindCurrentEnrollment
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
    + RotateFactors
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
        + EraseUser
        + FailAttempt
        + FindAccount
        + FindApiKey
        + FindBranchKey
        + FindCurrentEnrollment
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
        + RotateFactors
        + UpgradeVerifiers
        + 'static
{
}
