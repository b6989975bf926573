//! The `World`: all functions mounted in one process, as API Gateway would call them, on state that tests can look into.
//!
//! - Requests are the events of `events/`, with parts replaced; they go through the authorizer like everybody's.
//! - Time stands still until a test moves it; ids and keys follow from seeds, so that `events/` can name them.
//! - The key derivation is the cheap one.
#![cfg(feature = "world")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "only tests use this, and a test fails by panicking"
)]

mod answer;
mod call;
mod delivery;
mod dump;
mod embedded;
mod event_file;
mod functions;
mod handed_over;
mod logs;
mod person;
mod ports;
mod rotation;
mod steps;
mod trail;
mod valkey_engine;
mod world;

pub use answer::Answer;
pub use call::Call;
pub use delivery::Delivery;
pub use dump::Dump;
pub use embedded::Embedded;
pub use event_file::{Function, event_files};
pub use functions::Functions;
pub use handed_over::HandedOver;
pub use logs::Logs;
pub use person::Person;
pub use ports::{ObservedAudit, ObservedKeys, ObservedQueue, Ports};
pub use steps::Opened;
pub use trail::{Checkpoints, Log};
pub use valkey_engine::{Reply, ValkeyEngine, ValkeyServer};
pub use world::{ISSUER, Tenant, World};
