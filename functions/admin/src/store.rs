//! The ports that admin needs of a store, as one.

use store::{ChangeListings, FindBranchKey, FindListings, UnlockAccount};

/// Unlocks accounts, reads and changes the list, finds the keys that audit events are made with.
pub trait AdminStore: ChangeListings + FindBranchKey + FindListings + UnlockAccount {}

impl<S: ChangeListings + FindBranchKey + FindListings + UnlockAccount> AdminStore for S {}
