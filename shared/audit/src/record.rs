//! An event as the store keeps it.

use store::EventRecord;

use crate::{Event, kept_until};

impl From<&Event> for EventRecord {
    fn from(event: &Event) -> Self {
        Self {
            id: event.id,
            tenant: event.tenant,
            subject: *event.subject.as_bytes(),
            at: event.at,
            kept_until: kept_until(event.at),
            payload: event.canonical_json().into_bytes(),
        }
    }
}
