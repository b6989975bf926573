//! The HTTP API's Lambda authorizer: finds the tenant of an API key. API Gateway keeps each answer for 60 seconds.
//!
//! - `csk_…`: the key is found by its hash; unknown or expired is a refusal.
//! - `csc_…`: a verification's capability. Only its form is checked here; the two functions that take capabilities check
//!   the rest, and every other function refuses them.
//! - Anything else is a refusal, without a look at the store.
//!
//! A refusal is recorded in the deployment's trail, by sampling. What the gateway refuses without asking (there is no credential, or
//! it has kept an answer) is not: its access log has that.
//!
//! A store that does not answer is an error, never a permission: API Gateway then answers 500.

mod authorize;
mod gateway;

pub use authorize::{Authorize, Decision, Ports};
pub use gateway::{AuthorizerContext, AuthorizerRequest, AuthorizerResponse, Undecided};
