//! `POST /v1/enrollments`: enrols a user with 2 to 10 factors over at least 2 categories.
//!
//! - An existing user is a 409 and nothing changes; one conditional write decides the race.
//! - A retry (same idempotency key, same body) gets the first answer again.
//! - The cheap checks come first: up to 16 key derivations run only for a user who is not enrolled yet.

mod enroll;
mod error;
mod http;

pub use enroll::{Enroll, EnrollRequest, Ports};
pub use error::EnrollError;
