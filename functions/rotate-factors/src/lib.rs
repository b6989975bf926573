//! `PUT /v1/enrollments/{user_id}/factors`: replaces a user's factors, on the user's own step-up token.
//!
//! - The new factors keep the rules of an enrollment. They are the next version; the verifiers of the version before are gone.
//! - One transaction, conditional on the version that was read, replaces them, ends all of the user's sessions, has no verification of
//!   the version before open another, and keeps the event.
//! - The user's own key stays: it has sealed what the trail holds of them.
//! - A retry (same idempotency key, same body) gets the first answer again; also one whose first try died after the transaction, which the
//!   enrollment itself tells. Its token need not be fresh any more, nor its session live: the rotation has ended that.
//! - Where enrollments are copied into a cache, it is answered only once the copies are gone.
//! - The cheap checks come first: derivations run only for a request with a good step-up token.

mod error;
mod http;
mod prepare;
mod request;
mod rotate;
mod store;

pub use error::RotateError;
pub use request::{RotateRequest, Rotated};
pub use rotate::{Ports, Rotate};
pub use store::RotateStore;
