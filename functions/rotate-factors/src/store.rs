//! The ports that rotate-factors needs of a store, as one.

use store::{
    BeginRequest, DrawPermits, FindBranchKey, FindCurrentEnrollment, FindListings, FindSession, FindSessionEpoch,
    FinishRequest, ListSigningKeys, RotateFactors,
};

/// Lets in; begins and finishes requests; finds keys and the session; reads and rotates.
pub trait RotateStore:
    BeginRequest
    + Clone
    + DrawPermits
    + FindBranchKey
    + FindCurrentEnrollment
    + FindListings
    + FindSession
    + FindSessionEpoch
    + FinishRequest
    + ListSigningKeys
    + RotateFactors
{
}

impl<S> RotateStore for S where
    S: BeginRequest
        + Clone
        + DrawPermits
        + FindBranchKey
        + FindCurrentEnrollment
        + FindListings
        + FindSession
        + FindSessionEpoch
        + FinishRequest
        + ListSigningKeys
        + RotateFactors
{
}
