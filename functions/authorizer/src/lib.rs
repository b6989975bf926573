//! The HTTP API's Lambda authorizer: finds the tenant of an API key, and what the key may be used for. API Gateway keeps each answer
//! for 60 seconds, for all routes: so long a revoked key can go on working, and so functions check the scopes.
//!
//! - `csk_…`: the key is found by its hash; unknown, expired or revoked is a refusal.
//! - `csc_…`: a verification's capability. Only its form is checked here; the two functions that take capabilities check
//!   the rest, and every other function refuses them.
//! - Anything else is a refusal, without a look at the store.
//!
//! That a key is used is noted for its operator, by sampling; it changes no decision.
//!
//! A refusal is recorded in the deployment's trail, by sampling. What the gateway refuses without asking (there is no credential, or
//! it has kept an answer) is not: its access log has that.
//!
//! A store that does not answer is an error, never a permission: API Gateway then answers 500.

mod authorize;
mod gateway;
mod uses;

pub use authorize::{Authorize, Decision, Ports};
pub use gateway::{AuthorizerContext, AuthorizerRequest, AuthorizerResponse, Undecided};
