//! rotate-keys: makes new keys before the old ones are too old, each hour, and at once when one has leaked. It has no route: whoever
//! IAM lets invoke it is the operator.
//!
//! - What is to be done is a pure function of the stored keys and the time ([`plan_signing`], [`plan_branch`], [`plan_leak`]).
//! - Every step is one conditional write, which keeps its audit event. Several runs at once, and runs that died, do no harm: each plan
//!   begins with what is stored.
//! - A signing key is published long before it signs, and for longer than the last token that it signed is valid: see
//!   [`PUBLISHED_BEFORE`] and [`PUBLISHED_AFTER`].
//! - A branch key's older versions stay: records name the version that opens them.

mod apply;
mod error;
mod plan;
mod policy;
mod rotate;
mod store;
mod task;

pub use apply::Rotated;
pub use error::RotateError;
pub use plan::{Leak, SigningStep, plan_branch, plan_leak, plan_signing};
pub use policy::{BRANCH_KEY_AGE, KEPT_AFTER, PUBLISHED_AFTER, PUBLISHED_BEFORE, SIGNING_KEY_AGE};
pub use rotate::{Ports, RotateKeys, Run};
pub use store::RotateStore;
pub use task::{MalformedTask, Task};
