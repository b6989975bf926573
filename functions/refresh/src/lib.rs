//! `POST /v1/sessions/refresh`: exchanges a refresh token for new tokens of its session (RFC 6749 §6).
//!
//! - A refresh token works once: the answer has the next one (RFC 9700 §4.14.2, refresh token rotation). One conditional write
//!   decides who of many is first.
//! - A token that was used before is in two hands. Nobody can tell whose are the right ones, so the session is revoked, and both have
//!   to verify the user again.
//! - A token that is not of the session's family changes nothing: whoever merely knows ids can't end anybody's session.
//! - A session that is revoked, idle for too long or too old is over. The answer to all of this is one problem.
//! - What the tokens say of the verification stays as it was, but that a transaction was approved: it was approved once.
//!
//! The event of an exchange, and of a reuse, is kept by the very write that it is about.
//!
//! A retry (same idempotency key, same body) gets the stored answer, and one of a request that died halfway the answer that it would
//! have got: neither is a reuse.

mod abandon;
mod error;
mod exchange;
mod http;
mod judge;
mod refresh;
mod request;
mod store;

pub use error::RefreshError;
pub use refresh::{Ports, Refresh};
pub use request::{RefreshRequest, Refreshed};
pub use store::RefreshStore;
