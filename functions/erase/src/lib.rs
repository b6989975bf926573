//! `DELETE /v1/enrollments/{user_id}`: erases a user, on the user's own step-up token (GDPR Art. 17).
//!
//! - One transaction puts a tombstone in the place of the enrollment, and so destroys the user's own key with everything that it sealed:
//!   the verifiers, the device, and what the audit trail holds of the person. The same transaction empties the account, so that no
//!   session lives and no open verification completes, and keeps the event.
//! - The tombstone holds the instant and no more. Nobody is enrolled under its id again: a captured request brings nobody back, and
//!   the trail of one person never goes on as another's.
//! - Erasing is idempotent. Also for another request: a genuine token of the user is enough to hear that the user is erased.
//! - Where enrollments are copied into a cache, it is answered only once the copies are gone.

mod erase;
mod error;
mod http;
mod request;
mod store;

pub use erase::{Erase, Ports};
pub use error::EraseError;
pub use request::{EraseRequest, Erased};
pub use store::EraseStore;
