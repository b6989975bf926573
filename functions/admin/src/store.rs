//! The ports that admin needs of a store, as one.

use store::{AdvanceSessionEpoch, ChangeListings, FindAccount, FindBranchKey, FindListings, UnlockAccount};

/// Finds and unlocks accounts, ends a tenant's sessions, reads and changes the list, finds the keys that audit events are made with.
pub trait AdminStore:
    AdvanceSessionEpoch + ChangeListings + FindAccount + FindBranchKey + FindListings + UnlockAccount
{
}

impl<S> AdminStore for S where
    S: AdvanceSessionEpoch + ChangeListings + FindAccount + FindBranchKey + FindListings + UnlockAccount
{
}
