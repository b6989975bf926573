//! The ports that initiate needs of a store, as one.

use store::{DrawPermits, FindBranchKey, FindEnrollment, FindListings, FindVerification, OpenVerification};

/// Lets in; finds enrollments and keys; finds and opens verifications.
pub trait InitiateStore:
    DrawPermits + FindBranchKey + FindEnrollment + FindListings + FindVerification + OpenVerification
{
}

impl<S> InitiateStore for S where
    S: DrawPermits + FindBranchKey + FindEnrollment + FindListings + FindVerification + OpenVerification
{
}
