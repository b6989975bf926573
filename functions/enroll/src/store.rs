//! The ports that enroll needs of a store, as one.

use store::{
    BeginRequest, CreateEnrollment, DrawPermits, FindBranchKey, FindCurrentEnrollment, FindListings, FinishRequest,
};

/// Lets in; begins and abandons requests; finds keys; finds and creates enrollments.
pub trait EnrollStore:
    BeginRequest + CreateEnrollment + DrawPermits + FindBranchKey + FindCurrentEnrollment + FindListings + FinishRequest
{
}

impl<S> EnrollStore for S where
    S: BeginRequest
        + CreateEnrollment
        + DrawPermits
        + FindBranchKey
        + FindCurrentEnrollment
        + FindListings
        + FinishRequest
{
}
