//! What a function says about itself: log lines and metrics, both JSON on standard output, where Lambda collects them.
//!
//! Neither has room for what a request said: log fields are opted in by the crates that log, other people's crates are cut
//! off at `info` (below it they print requests), and a [`Measurement`] has numbers and enums only. docs/LOGGING.md lists
//! the fields.

mod chain;
mod log;
mod measurement;
mod metrics;
mod own_crates;

pub use chain::Chain;
pub use log::{start, subscriber};
pub use measurement::{Measurement, Outcome};
pub use metrics::Metrics;
