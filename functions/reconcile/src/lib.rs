//! reconcile: compares what is stored of a verification with its trail, once it is over, and mends the trail.
//!
//! initiate and verify record their events beside the write that makes them true, and a process may die between the two. So each
//! opened verification comes here ten minutes after its opening was logged, and so does each event of a verification that was
//! logged late:
//!
//! 1. What is stored of the verification, and of its user's account, implies which events there must be, and which others may
//!    have been announced.
//! 2. The index tells which of them are there.
//! 3. What is missing is recorded, under the id that initiate or verify would have given it: if theirs comes yet, it is the same
//!    event. What was announced and did not come about is taken back.
//!
//! All ids derive from what the events are about, so that reconciling again adds nothing.

mod delivery;
mod error;
mod implied;
mod reconcile;
mod store;

pub use reconcile::{Ports, Reconcile};
pub use store::ReconcileStore;
