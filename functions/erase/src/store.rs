//! The ports that erase needs of a store, as one.

use store::{
    BeginRequest, DrawPermits, EraseUser, FindBranchKey, FindCurrentEnrollment, FindListings, FindSession,
    FindSessionEpoch, FinishRequest, ListSigningKeys,
};

/// Lets in; begins and finishes requests; finds keys and the session; reads and erases.
pub trait EraseStore:
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
    + EraseUser
{
}

impl<S> EraseStore for S where
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
        + EraseUser
{
}
