//! The ports that rotating needs of a store, as one.

use store::{FindBranchKey, ListBranchKeys, ListSigningKeys, RetireSigningKey, RotateBranchKey};

/// Lists keys, adds versions of branch keys, and ends signing keys.
pub trait RotateStore: FindBranchKey + ListBranchKeys + ListSigningKeys + RetireSigningKey + RotateBranchKey {}

impl<S: FindBranchKey + ListBranchKeys + ListSigningKeys + RetireSigningKey + RotateBranchKey> RotateStore for S {}
