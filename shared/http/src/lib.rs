//! The edge: from an API Gateway event to checked values, and from an outcome to an answer.
//!
//! Failures are RFC 9457 problems out of a closed catalogue, [`ProblemType`]. Nothing computed from a request or from an
//! inner error can reach a caller.

mod body;
mod caller;
mod endpoint;
mod factors;
mod inbound;
mod measured;
mod object;
mod problem;
mod problem_type;
mod response;
mod step_up;
mod tokens;

pub use body::{MAX_BODY_BYTES, json_body};
pub use caller::Caller;
pub use endpoint::{ANSWER_DEADLINE, Endpoint, handler, run};
pub use factors::{FactorBody, FactorDescription, presented_factors};
pub use inbound::Inbound;
pub use object::Object;
pub use problem::Problem;
pub use problem_type::ProblemType;
pub use response::{Answer, respond};
pub use step_up::{Recognised, STEP_UP_CHALLENGE, STEP_UP_MAX_AGE, StepUp, StepUpRefused};
pub use tokens::{RefreshBody, SessionTokens, TokenBody};
