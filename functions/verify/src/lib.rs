//! `POST /v1/verifications/{verification_id}/attempts`: compares what the user presented; on success a token, exactly once.
//!
//! 1. Everything that can be checked without a store is checked: a malformed request costs no attempt. Then the limits.
//! 2. The attempt is claimed: one conditional write, before anything is compared. A request that comes again gets what became
//!    of it.
//! 3. A failure is reserved with the user's account, unless it is locked, while the enrollment is read.
//! 4. One key derivation and one comparison, locked or not.
//! 5. The verification is completed, or the attempt is recorded as wrong, while the audit events are sent.
//!
//! A success also upgrades a verifier that is not of today's making.
//!
//! A wrong answer does not tell which or how many factors were wrong, whether the account is locked, nor whether the user exists.

mod asked;
mod attempt;
mod claim;
mod complete;
mod decide;
mod error;
mod http;
mod store;
mod upgrade;
mod verify;

pub use attempt::{AttemptRequest, Verified};
pub use error::VerifyError;
pub use store::VerifyStore;
pub use verify::{Ports, Verify};
