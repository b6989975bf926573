//! What the functions need of a store.

use store::{
    BeginRequest, CheckReadiness, ClaimAttempt, CompleteVerification, CreateEnrollment, DrawPermits, FailAttempt,
    FindApiKey, FindBranchKey, FindEnrollment, FindEvents, FindListings, FindSession, FindSessionEpoch,
    FindVerification, FinishRequest, ListSessions, ListSigningKeys, OpenVerification, ReserveFailure, RevokeSession,
    RevokeSessions, RotateRefreshToken, UpgradeVerifiers,
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
    + FindSessionEpoch
    + FindVerification
    + FinishRequest
    + ListSessions
    + ListSigningKeys
    + OpenVerification
    + ReserveFailure
    + RevokeSession
    + RevokeSessions
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
        + FailAttempt
        + FindApiKey
        + FindBranchKey
        + FindEnrollment
        + FindEvents
        + FindListings
        + FindSession
        + FindSessionEpoch
        + FindVerification
        + FinishRequest
        + ListSessions
        + ListSigningKeys
        + OpenVerification
        + ReserveFailure
        + RevokeSession
        + RevokeSessions
        + RotateRefreshToken
        + UpgradeVerifiers
        + 'static
{
}
