//! An event as the stores keep it: in the index of the log, and in the outbox.

use store::{EventKey, EventRecord, LogPosition, OutboxEvent};

use crate::{Event, kept_until};

impl Event {
    /// Where it stands in its subject's trail.
    #[must_use]
    pub fn key(&self) -> EventKey {
        let (tenant, subject) = self.about.trail();
        EventKey { tenant, subject, id: self.id }
    }

    /// The event as the index has it, once the log has it at this position.
    #[must_use]
    pub fn record_at(&self, position: LogPosition) -> EventRecord {
        EventRecord {
            key: self.key(),
            at: self.at,
            kept_until: kept_until(self.at),
            payload: self.canonical_json().into_bytes(),
            position,
        }
    }
}

impl From<&Event> for OutboxEvent {
    fn from(event: &Event) -> Self {
        Self { id: event.id, payload: event.canonical_json().into_bytes() }
    }
}

#[cfg(test)]
mod tests {
    use domain::{EventId, RequestId, SessionId, TenantId};
    use jiff::Timestamp;

    use super::*;
    use crate::{About, Outcome, RETENTION, Subject};

    const FIRST: LogPosition = LogPosition { shard: 0, batch: 1, index: 0 };

    fn event(about: About) -> Event {
        Event {
            id: EventId::from_keyed_bytes([1; 16]),
            about,
            at: Timestamp::UNIX_EPOCH,
            request_id: RequestId::from_transport("r-1"),
            outcome: Outcome::SessionRevoked { session: SessionId::from_keyed_bytes([4; 16]) },
            personal: None,
        }
    }

    #[test]
    fn the_record_holds_the_canonical_bytes_and_the_end_of_retention() {
        let tenant = TenantId::from_keyed_bytes([2; 16]);
        let event = event(About::Person { tenant, subject: Subject::new([3; 16]) });

        let record = event.record_at(FIRST);

        assert_eq!(record.key, EventKey { tenant, subject: [3; 16], id: event.id });
        assert_eq!((record.at, record.position), (event.at, FIRST));
        assert_eq!(record.kept_until, event.at + RETENTION);
        assert_eq!(Event::parse(&record.payload), Ok(event));
    }

    #[test]
    fn the_outbox_holds_the_canonical_bytes_under_the_id() {
        let event = event(About::Deployment);

        let kept = OutboxEvent::from(&event);

        assert_eq!((kept.id, Event::parse(&kept.payload)), (event.id, Ok(event)));
    }

    #[test]
    fn a_person_a_tenant_and_the_deployment_have_trails_of_their_own() {
        let tenant = TenantId::from_keyed_bytes([2; 16]);
        let person = About::Person { tenant, subject: Subject::new([3; 16]) };

        let trails = [person, About::Tenant(tenant), About::Deployment].map(|about| {
            let record = event(about).record_at(FIRST);
            assert_eq!(Event::parse(&record.payload).map(|event| event.about), Ok(about));
            (record.key.tenant.to_string(), record.key.subject)
        });

        let tenant = tenant.to_string();
        let deployment = "6465706c-6f79-8d65-ae74-2d747261696c".to_owned();
        assert_eq!(trails, [(tenant.clone(), [3; 16]), (tenant, [0; 16]), (deployment, [0; 16])]);
    }
}
