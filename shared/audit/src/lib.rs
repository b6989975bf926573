//! Audit events: what happened, to whom, when, and how they are handed over.
//!
//! - An event is typed and closed: ids, counts, enums and keyed pseudonyms. There is no field that a secret, a digest, a
//!   token or a caller's text fits into.
//! - It is about a person, a tenant, or the deployment as a whole; each has a trail of its own.
//! - Its canonical bytes are what is sent, stored, and later hashed; there is exactly one spelling of an event.
//! - An event is recorded before a success is answered. Recording is idempotent by the event's id, so repeating a call
//!   whose answer was lost is safe.

mod about;
mod canonical;
mod event;
mod fields;
#[cfg(feature = "testing")]
mod memory;
mod personal;
mod record;
mod recorder;
mod retention;
mod sink;
mod sqs;
mod thumbprint;
mod trail;

pub use about::{About, Subject};
pub use canonical::{MAX_EVENT_BYTES, ParseError, SCHEMA_VERSION};
pub use event::{Denial, Event, ListingEntry, Outcome, RefusalReason};
#[cfg(feature = "testing")]
pub use memory::{Behaviour, MemorySink};
pub use personal::{NotSealed, SealedPersonalData};
pub use recorder::{KEEP_DEADLINE, PAUSE, Recorder, SEND_DEADLINE};
pub use retention::{RETENTION, kept_until};
pub use sink::{RecordError, RecordEvents, SendError, SendEvents};
pub use sqs::SqsQueue;
pub use thumbprint::{KeyThumbprint, NoThumbprint};
pub use trail::VerificationTrail;
