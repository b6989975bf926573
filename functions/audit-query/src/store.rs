//! The ports that audit-query needs of a store, as one.

use store::{DrawPermits, FindBranchKey, FindCurrentEnrollment, FindEvents, FindListings};

/// Lets in; finds events, and the keys that name and open what they say of a person.
pub trait AuditQueryStore: DrawPermits + FindBranchKey + FindCurrentEnrollment + FindEvents + FindListings {}

impl<S> AuditQueryStore for S where S: DrawPermits + FindBranchKey + FindCurrentEnrollment + FindEvents + FindListings {}
