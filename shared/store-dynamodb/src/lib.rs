//! The ports of `store` on DynamoDB: the only crate that names its SDK.
//!
//! - A store is made of the tables that a function knows, and has the ports of these tables only: [`DynamoStore`] of a
//!   [`CoreTable`] can find an enrollment and cannot claim an attempt.
//! - Every race is one conditional write, and a refused condition brings the old item along, so that the reason costs no
//!   second call.
//! - Every read is strongly consistent and strict: an impossible item is an error that names table and key, never values.
//! - Every write may be sent again blindly, as the SDK does when an answer is lost: the second one is refused and meets its own
//!   traces in the item that it brings along (a nonce, a mark, a draw's or a session's id), or it changes nothing more.
//! - There is no Scan.
//!
//! Tables, keys, attributes, sizes and units: `docs/DATA_MODEL.md`.

mod account;
mod api_key;
mod api_key_change;
mod attempt;
mod batch;
mod branch_key;
mod call;
mod change;
mod claim;
mod client;
mod completion;
mod counter;
mod disabling;
mod draw;
mod enrollment;
mod error;
mod event;
mod item;
mod key_register;
mod keys;
mod lifecycle;
mod listing;
mod log_head;
mod opening;
mod outbox;
mod reader;
mod readiness;
mod request;
mod reservation;
mod session;
mod session_epoch;
mod signing_key;
mod size;
mod tables;
mod trail;
mod verification;

#[cfg(test)]
mod corruption;
#[cfg(test)]
mod data_model;
#[cfg(test)]
mod examples;

pub use client::DynamoStore;
pub use error::{CorruptItem, EngineFailure};
pub use tables::{
    AllTables, AuditTable, CoreAndEphemeral, CoreTable, EphemeralTable, KnowsAudit, KnowsCore, KnowsEphemeral,
};
