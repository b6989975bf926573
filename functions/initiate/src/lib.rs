//! `POST /v1/verifications`: opens a verification, bound to a transaction, and says which factors to ask the user for.
//!
//! - Which of the user's askable sets is asked depends on a keyed function of tenant, user and ten-minute window: nobody
//!   can shop for the set that they know, and failures change nothing.
//! - An unknown user gets a decoy set, constant over time, and the same work; the answers do not differ.
//! - The limits are asked beside the first reads, and a retry is answered even if they refuse.
//! - The id, the challenge and the capability derive from the idempotency key: a retry gets the same answer.

mod error;
mod http;
mod initiate;
mod prepare;
mod request;
mod store;

pub use error::InitiateError;
pub use initiate::{Initiate, Ports};
pub use request::{InitiateRequest, Opened};
pub use store::InitiateStore;
