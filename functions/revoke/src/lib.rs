//! `POST /v1/sessions/revoke`: ends the session that a token belongs to (RFC 7009).
//!
//! The token is an access or a refresh token of the calling tenant. A token that is not valid is a 200 too (RFC 7009 §2.2):
//! what its caller wanted is so already. An expired access token revokes nothing; present the refresh token then.

mod error;
mod http;
mod revoke;

pub use error::RevokeError;
pub use revoke::{Ports, Revoke, RevokeRequest};
