//! An event on one line.

use audit::{About, Event};
use serde_json::Value;

/// Time, what happened, whom it is about, the event's id.
pub(super) fn line(event: &Event) -> String {
    let (name, members) = outcome(event);
    let about = match event.about {
        About::Person { tenant, subject } => format!("tenant={tenant} subject={subject}"),
        About::Tenant(tenant) => format!("tenant={tenant}"),
        About::Deployment => "deployment".to_owned(),
    };
    let Event { at, id, request_id, .. } = event;
    let members = members.into_iter().chain([about]).collect::<Vec<_>>().join(" ");
    format!("{at:.3}  {name:24}  {members} request={request_id} id={id}")
}

/// The outcome's name, and its members as `name=value`.
fn outcome(event: &Event) -> (String, Vec<String>) {
    let Ok(Value::Object(outcome)) = serde_json::to_value(event.outcome) else { return Default::default() };
    let Some((name, Value::Object(members))) = outcome.into_iter().next() else { return Default::default() };
    let told = members.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| match value {
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    });
    (name, told.collect())
}

#[cfg(test)]
mod tests {
    use audit::{Outcome, Subject};
    use domain::{EventId, RequestId, SessionId, TenantId};
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_line_tells_all_of_an_event() {
        let event = Event {
            id: EventId::from_keyed_bytes([1; 16]),
            about: About::Person { tenant: TenantId::from_keyed_bytes([2; 16]), subject: Subject::new([3; 16]) },
            at: Timestamp::UNIX_EPOCH,
            request_id: RequestId::from_transport("r-1"),
            outcome: Outcome::SessionRevoked { session: SessionId::from_keyed_bytes([4; 16]) },
            personal: None,
        };

        assert_eq!(
            line(&event),
            "1970-01-01T00:00:00.000Z  session_revoked           session=04040404-0404-8404-8404-040404040404 \
             tenant=02020202-0202-8202-8202-020202020202 subject=03030303030303030303030303030303 request=r-1 \
             id=01010101-0101-8101-8101-010101010101"
        );
    }
}
