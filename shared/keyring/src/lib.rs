//! Keys at hand: branch keys and signing keys, unwrapped once and kept for a while, and how an operator makes them.
//!
//! A request never waits for the key service unless its process has not used the tenant's key in the last five minutes.

mod aged;
mod branch_keys;
mod error;
mod provision;
mod signing_keys;
mod slots;
mod verifying_keys;

pub use aged::{FRESH_FOR, USABLE_FOR};
pub use branch_keys::BranchKeys;
pub use error::KeyringError;
pub use provision::{create_branch_key, create_signing_key, new_signing_key, next_branch_key};
pub use signing_keys::SigningKeys;
pub use verifying_keys::{JWKS_MAX_AGE, VerifyingKeys};
