//! admin: what an operator does while the service runs. It has no route: whoever IAM lets invoke it is the operator.
//!
//! - Its event is one command, its answer says what was changed, its errors have stable codes
//!   ([`AdminError::code`]).
//! - Every change keeps its audit event in the same write. Every command may be repeated: the second one finds nothing to change and
//!   says so; but each `create_key` makes a key.

mod administer;
mod answer;
mod command;
mod error;
mod keys;
mod store;
mod users;

pub use administer::{Administer, Ports};
pub use answer::{Answer, KeyBody, ListingBody};
pub use command::{Command, KeyRotation, MalformedCommand, NewKey, Overlap};
pub use error::AdminError;
pub use store::AdminStore;
