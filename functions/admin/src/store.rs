//! The ports that admin needs of a store, as one.

use store::{
    AdvanceSessionEpoch, ChangeListings, CreateApiKey, DisableUser, FindAccount, FindBranchKey, FindCurrentEnrollment,
    FindListings, ListApiKeys, RevokeApiKey, RotateApiKey, UnlockAccount,
};

/// Finds and unlocks accounts, disables and enables users, ends a tenant's sessions, reads and changes the list, makes, lists and ends
/// API keys, finds the keys that audit events are made with.
pub trait AdminStore:
    AdvanceSessionEpoch
    + ChangeListings
    + CreateApiKey
    + DisableUser
    + FindAccount
    + FindBranchKey
    + FindCurrentEnrollment
    + FindListings
    + ListApiKeys
    + RevokeApiKey
    + RotateApiKey
    + UnlockAccount
{
}

impl<S> AdminStore for S where
    S: AdvanceSessionEpoch
        + ChangeListings
        + CreateApiKey
        + DisableUser
        + FindAccount
        + FindBranchKey
        + FindCurrentEnrollment
        + FindListings
        + ListApiKeys
        + RevokeApiKey
        + RotateApiKey
        + UnlockAccount
{
}
