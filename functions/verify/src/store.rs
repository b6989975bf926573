//! The ports that verify needs of a store, as one.

use store::{
    ClaimAttempt, CompleteVerification, DrawPermits, FailAttempt, FindBranchKey, FindEnrollment, FindListings,
    FindSessionEpoch, ListSigningKeys, ReserveFailure, UpgradeVerifiers,
};

/// Lets in; claims, reserves, decides and completes; finds keys; upgrades verifiers.
pub trait VerifyStore:
    ClaimAttempt
    + CompleteVerification
    + DrawPermits
    + FailAttempt
    + FindBranchKey
    + FindEnrollment
    + FindListings
    + FindSessionEpoch
    + ListSigningKeys
    + ReserveFailure
    + UpgradeVerifiers
{
}

impl<S> VerifyStore for S where
    S: ClaimAttempt
        + CompleteVerification
        + DrawPermits
        + FailAttempt
        + FindBranchKey
        + FindEnrollment
        + FindListings
        + FindSessionEpoch
        + ListSigningKeys
        + ReserveFailure
        + UpgradeVerifiers
{
}
