//! Admission: which requests are worked on at all, before any costly work.
//!
//! [`Admission::admit`] asks the operator's list and every limit of the [`Policy`] that applies to a request, all in one wait.
//!
//! - A limit is counted in the store by [`store::DrawPermits`]. Where the policy gives a *lease*, a process draws that many permits
//!   at once and spends them in memory until their window ends: never more than the quota, and less by at most what the
//!   processes have not spent.
//! - A refusal is remembered until the time that it says to retry, so that a limited subject costs no store call.
//! - What is kept in memory is bounded, whatever the number of subjects.
//! - A store that does not answer is an error, never a permission.

mod admission;
mod arrival;
mod counted;
mod draws;
mod generations;
mod memory;
mod operators_list;
mod policy;
#[cfg(test)]
mod properties;
mod refusal;
mod shards;

pub use admission::{Admission, Ports};
pub use arrival::{Arrival, CallerKind};
pub use domain::Route;
pub use policy::{Policy, PolicyError, Row, Scope};
pub use refusal::{Limited, Refusal};
