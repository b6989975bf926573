//! The ports that reconcile needs of the store of verifications, as one.

use store::{FindAccount, FindBranchKey, FindVerification};

/// Reads verifications, accounts and branch keys.
pub trait ReconcileStore: FindAccount + FindBranchKey + FindVerification {}

impl<S: FindAccount + FindBranchKey + FindVerification> ReconcileStore for S {}
