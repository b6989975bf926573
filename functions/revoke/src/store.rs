//! The ports that revoke needs of a store, as one.

use store::{
    BeginRequest, DrawPermits, FindBranchKey, FindListings, FindSession, FinishRequest, ListSigningKeys, RevokeSession,
};

/// Lets in; begins and finishes requests; finds keys; finds and revokes sessions.
pub trait RevokeStore:
    BeginRequest
    + DrawPermits
    + FindBranchKey
    + FindListings
    + FindSession
    + FinishRequest
    + ListSigningKeys
    + RevokeSession
{
}

impl<S> RevokeStore for S where
    S: BeginRequest
        + DrawPermits
        + FindBranchKey
        + FindListings
        + FindSession
        + FinishRequest
        + ListSigningKeys
        + RevokeSession
{
}
