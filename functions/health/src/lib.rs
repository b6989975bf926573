//! `GET /health/live` and `GET /health/ready`.
//!
//! - Live touches nothing: it answers if the process does.
//! - Ready asks each dependency for something and tells how long each took. It is open to anybody, so an answer is kept for
//!   five seconds per process, however often it is asked for.

mod check;
mod health;
mod http;

pub use check::{Check, DependencyName};
pub use health::{Dependencies, Health, Readiness};
