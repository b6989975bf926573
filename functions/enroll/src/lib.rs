//! `POST /v1/enrollments`: enrols a user with 2 to 10 factors over at least 2 categories.
//!
//! - An existing user is a 409 and nothing changes; one conditional write decides the race.
//! - A user who was erased is a 409 too, for ever: neither a retry nor anything else brings them back.
//! - A retry (same idempotency key, same body) gets the first answer again.
//! - Of many at once, one is executed; the others get its answer, or are told that it is in progress. The key with another body
//!   is refused, whoever that is about.
//! - The event of an enrollment is kept by the very write that creates it, with the sealed address that the request came from. That of
//!   a refusal is recorded before the answer.
//! - The cheap checks come first: up to 16 key derivations run only for a user who is not enrolled yet.

mod enroll;
mod error;
mod http;
mod prepare;
mod request;
mod store;

pub use enroll::{Enroll, Ports};
pub use error::EnrollError;
pub use request::EnrollRequest;
pub use store::EnrollStore;
