//! `GET /v1/audit`: a tenant's audit trail, of one person or of everybody, a page at a time.
//!
//! A tenant's server reads its own tenant's trail and no other: the tenant is the API key's, never a parameter. Reading is an event of
//! the trail itself, recorded before the answer.

mod cursor;
mod error;
mod http;
mod parameters;
mod read_trail;
mod span;
mod store;

pub use cursor::{InvalidCursor, PageCursor};
pub use error::ReadError;
pub use read_trail::{Page, Ports, ReadTrail, TrailEvent, TrailRequest};
pub use span::{InvalidSpan, LONGEST_SPAN, Span};
pub use store::AuditQueryStore;
