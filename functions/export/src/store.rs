//! The ports that export needs of a store, as one.

use store::{
    DrawPermits, FindAccount, FindBranchKey, FindCurrentEnrollment, FindEvents, FindListings, FindSession,
    FindSessionEpoch, ListSigningKeys,
};

/// Lets in; finds the session and keys; reads all that there is of a user.
pub trait ExportStore:
    Clone
    + DrawPermits
    + FindAccount
    + FindBranchKey
    + FindCurrentEnrollment
    + FindEvents
    + FindListings
    + FindSession
    + FindSessionEpoch
    + ListSigningKeys
{
}

impl<S> ExportStore for S where
    S: Clone
        + DrawPermits
        + FindAccount
        + FindBranchKey
        + FindCurrentEnrollment
        + FindEvents
        + FindListings
        + FindSession
        + FindSessionEpoch
        + ListSigningKeys
{
}
