//! `POST /v1/sessions/revoke`: ends the session that a token belongs to (RFC 7009), or all sessions of a user.
//!
//! The token is an access or a refresh token of the calling tenant. A token that is not valid is a 200 too (RFC 7009 §2.2):
//! what its caller wanted is so already. An expired access token revokes nothing; present the refresh token then.
//!
//! All sessions of a user end by one write: none that is opened meanwhile is left out, and a user without sessions, or whom nobody knows,
//! is a 200 too.
//!
//! The event is kept by the very write that revokes; a session that was revoked before has its event already.
//!
//! A retry (same idempotency key, same body) gets the stored answer; the key with another token is refused.

mod abandon;
mod end;
mod error;
mod http;
mod request;
mod revoke;
mod store;

pub use error::RevokeError;
pub use request::{RevokeRequest, RevokeTarget, Revoked};
pub use revoke::{Ports, Revoke};
pub use store::RevokeStore;
