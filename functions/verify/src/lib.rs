//! `POST /v1/verifications/{verification_id}/attempts`: compares what the user presented; on success a token, exactly once.
//!
//! 1. Everything that can be checked without a store is checked: a malformed request costs no attempt.
//! 2. The attempt is claimed: one conditional write, before anything is compared.
//! 3. One key derivation and one comparison.
//! 4. The verification is completed, or the attempt is recorded as wrong, while the audit event is sent.
//!
//! A success also upgrades a verifier that is not of today's making.
//!
//! A wrong answer does not tell which or how many factors were wrong, nor whether the user exists.

mod error;
mod http;
mod store;
mod upgrade;
mod verify;

pub use error::VerifyError;
pub use store::VerifyStore;
pub use verify::{AttemptRequest, Ports, Verified, Verify};
