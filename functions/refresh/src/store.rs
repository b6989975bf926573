//! The ports that refresh needs of a store, as one.

use store::{
    BeginRequest, DrawPermits, FindBranchKey, FindListings, FindSession, FindSessionEpoch, FinishRequest,
    ListSigningKeys, RevokeSession, RotateRefreshToken,
};

/// Lets in; begins and finishes requests; finds keys; finds sessions, exchanges their tokens and revokes them.
pub trait RefreshStore:
    BeginRequest
    + DrawPermits
    + FindBranchKey
    + FindListings
    + FindSession
    + FindSessionEpoch
    + FinishRequest
    + ListSigningKeys
    + RevokeSession
    + RotateRefreshToken
{
}

impl<S> RefreshStore for S where
    S: BeginRequest
        + DrawPermits
        + FindBranchKey
        + FindListings
        + FindSession
        + FindSessionEpoch
        + FinishRequest
        + ListSigningKeys
        + RevokeSession
        + RotateRefreshToken
{
}
