//! The ports that admin needs of a store, as one.

use store::{ChangeListings, FindAccount, FindBranchKey, FindListings, UnlockAccount};

/// Finds and unlocks accounts, reads and changes the list, finds the keys that audit events are made with.
pub trait AdminStore: ChangeListings + FindAccount + FindBranchKey + FindListings + UnlockAccount {}

impl<S: ChangeListings + FindAccount + FindBranchKey + FindListings + UnlockAccount> AdminStore for S {}
