//! Journeys through several functions in one process, on the events of `events/`, and the properties that they must show.
#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod audit_queue;
mod backends;
mod budgets;
mod cheap_rejects;
mod concurrency;
mod denials;
mod erasure;
mod event_files;
mod faults;
mod hang;
mod hostile;
mod idempotency;
mod import;
mod indistinguishable;
mod journey;
mod limits;
mod lockout;
mod malformed;
mod once;
mod outage;
mod problems;
mod responses;
mod secrets;
mod selection;
mod tenants;
mod theft;
mod timing;
mod upgrade;
mod verification;
