//! `POST /v1/sessions/introspect`: whether a token counts now, and what it says (RFC 7662).
//!
//! Anything that does not count (malformed, expired, revoked, another tenant's, unknown) is `{"active": false}` and no more
//! (RFC 7662 §2.2).

mod error;
mod http;
mod introspect;

pub use error::IntrospectError;
pub use introspect::{Introspect, Ports};
