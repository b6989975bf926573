//! The ports that admin needs of a store, as one.

use store::{
    AdvanceSessionEpoch, ChangeListings, CreateApiKey, DisableUser, EraseUser, FindAccount, FindBranchKey,
    FindCurrentEnrollment, FindListings, ListApiKeys, RevokeApiKey, RotateApiKey, UnlockAccount,
};

/// Finds and unlocks accounts, disables, enables and erases users, ends a tenant's sessions, reads and changes the list, makes, lists and ends
/// API keys, finds the keys that audit events are made with.
pub trait AdminStore:
    AdvanceSessionEpoch
    + ChangeListings
    + CreateApiKey
    + DisableUser
    + EraseUser
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
        + EraseUser
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
