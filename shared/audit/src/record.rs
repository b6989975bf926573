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

#[cfg(test)]
mod tests {
    use domain::{EventId, RequestId, SessionId, TenantId};
    use jiff::Timestamp;

    use super::*;
    use crate::{Outcome, RETENTION, Subject};

    #[test]
    fn the_record_holds_the_canonical_bytes_and_the_end_of_retention() {
        let event = Event {
            id: EventId::from_keyed_bytes([1; 16]),
            tenant: TenantId::from_keyed_bytes([2; 16]),
            subject: Subject::new([3; 16]),
            at: Timestamp::UNIX_EPOCH,
            request_id: RequestId::from_transport("r-1"),
            outcome: Outcome::SessionRevoked { session: SessionId::from_keyed_bytes([4; 16]) },
        };

        let record = EventRecord::from(&event);

        assert_eq!((record.id, record.tenant, record.subject, record.at), (event.id, event.tenant, [3; 16], event.at));
        assert_eq!(record.kept_until, event.at + RETENTION);
        assert_eq!(Event::parse(&record.payload), Ok(event));
    }
}
