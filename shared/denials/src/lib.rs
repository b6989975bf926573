//! Refused requests in the audit trail, by sampling.
//!
//! - A request that was refused and changed nothing is recorded in the trail of the tenant that called, or in the deployment's if
//!   nobody knows who did. Nothing of the request is in it, and neither is its address.
//! - Of each (tenant, route, denial), a process records the first refusal at once, and then at most one in
//!   [`ONE_IN`], which carries how many others there were in between.
//! - One that is not recorded costs a look at a small table in memory, whose size is bounded: no store, no queue.
//! - Recording never changes an answer. An event that is not known to be recorded stays here and is recorded again, the same one,
//!   at the next refusal of its kind.
//! - What a process has counted and not yet recorded ends with it. The metrics count every refused request.

mod denials;
mod policy;
#[cfg(test)]
mod properties;
mod sampler;

pub use denials::Denials;
pub use sampler::{MAX_KINDS, ONE_IN};
