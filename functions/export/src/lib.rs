//! `GET /v1/enrollments/{user_id}/export`: all that is stored of a user, on the user's own step-up token (GDPR Art. 15 and 20).
//!
//! - The first page has the enrollment with the device's id, the account with its sessions and failures, and the operator's entry about
//!   the user, if there is one. Every page has events of the user's trail, oldest first, with the addresses that their key opens.
//! - There is never anything that checks a factor or a token: no verifier, no digest, no hash.
//! - A cursor goes on where a page ended, whenever that was; each page needs a token that is fresh by then.
//! - That a page is given is an event of the trail itself, recorded before the answer.
//!
//! Not in it: counters of limits and requests in flight, which are gone within a day; and verifications, which are gone within minutes
//! and which the trail tells of.

mod body;
mod cursor;
mod error;
mod export;
mod http;
mod store;

pub use cursor::{ExportCursor, InvalidCursor};
pub use error::ExportError;
pub use export::{Export, ExportRequest, ExportedEvent, Facts, Page, Ports};
pub use store::ExportStore;
