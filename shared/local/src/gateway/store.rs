//! What the functions need of a store.

use store::{
    BeginRequest, CheckReadiness, ClaimAttempt, CompleteVerification, CreateEnrollment, DrawPermits, EraseUser,
    FailAttempt, FindAccount, FindApiKey, FindBranchKey, FindCurrentEnrollment, FindEnrollment, FindEvents,
    FindListings, FindSession, FindSessionEpoch, FindVerification, FinishRequest, ListSessions, ListSigningKeys,
    NoteApiKeyUse, OpenVerification, ReserveFailure, RevokeSession, RevokeSessions, RotateFactors, RotateRefreshToken,
    UpgradeVerifiers,
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
    + FindSessionEpoch
    + FindVerification
    + FinishRequest
    + ListSessions
    + ListSigningKeys
    + NoteApiKeyUse
    + OpenVerification
    + ReserveFailure
    + RevokeSession
    + RevokeSessions
    + RotateFactors
    + RotateRefreshToken
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
        + FindSessionEpoch
        + FindVerification
        + FinishRequest
        + ListSessions
        + ListSigningKeys
        + NoteApiKeyUse
        + OpenVerification
        + ReserveFailure
        + RevokeSession
        + RevokeSessions
        + RotateFactors
        + RotateRefreshToken
        + UpgradeVerifiers
        + 'static
{
}
