//! drain-outbox: sends what the outbox holds to the audit queue, each minute.
//!
//! - The outbox has the events that the queue did not take when they happened, and those that were written together with the
//!   change that they report.
//! - An event is removed after it was sent. So a run that dies in between sends it again, which is harmless: the log is idempotent
//!   by event id.
//! - What is not an event stays where it is, is logged as an error at each run, and holds nothing else up.
//! - A queue that is down ends the run; the next one begins where this one ended.

mod drain;
mod error;

pub use drain::{DrainAudit, Drained};
pub use error::DrainError;
