//! The ports that revoke needs of a store, as one.

use store::{
    BeginRequest, DrawPermits, FindBranchKey, FindListings, FindSession, FinishRequest, ListSessions, ListSigningKeys,
    RevokeSession, RevokeSessions,
};

/// Lets in; begins and finishes requests; finds keys; finds and revokes sessions, one or all of a user.
pub trait RevokeStore:
    BeginRequest
    + DrawPermits
    + FindBranchKey
    + FindListings
    + FindSession
    + FinishRequest
    + ListSessions
    + ListSigningKeys
    + RevokeSession
    + RevokeSessions
{
}

impl<S> RevokeStore for S where
    S: BeginRequest
        + DrawPermits
        + FindBranchKey
        + FindListings
        + FindSession
        + FinishRequest
        + ListSessions
        + ListSigningKeys
        + RevokeSession
        + RevokeSessions
{
}
