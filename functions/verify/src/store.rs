//! The ports that verify needs of a store, as one.

use store::{
    ClaimAttempt, CompleteVerification, FailAttempt, FindBranchKey, FindEnrollment, ListSigningKeys, UpgradeVerifiers,
};

/// Claims, decides and completes; finds keys; upgrades verifiers.
pub trait VerifyStore:
    ClaimAttempt + FailAttempt + CompleteVerification + FindBranchKey + ListSigningKeys + FindEnrollment + UpgradeVerifiers
{
}

impl<S> VerifyStore for S where
    S: ClaimAttempt
        + FailAttempt
        + CompleteVerification
        + FindBranchKey
        + ListSigningKeys
        + FindEnrollment
        + UpgradeVerifiers
{
}
