//! From the request to the use case and back.

use admission::{Arrival, CallerKind, Route};
use audit::{About, Outcome, RecordEvents};
use countersign_http::{Answer, Endpoint, Inbound, Problem};
use crypto::UnwrapKey;
use serde::Serialize;

use crate::parameters::Parameters;
use crate::{AuditQueryStore, Page, ReadTrail, TrailEvent, TrailRequest};

impl<S, U, A> Endpoint for ReadTrail<S, U, A>
where
    S: AuditQueryStore + 'static,
    U: UnwrapKey + 'static,
    A: RecordEvents + 'static,
{
    async fn answer(&self, inbound: &Inbound) -> Result<Answer, Problem> {
        let tenant = inbound.caller(Route::AuditQuery)?.tenant()?;
        let query = inbound.query();
        let query = query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let Parameters { user, span, after, limit } = Parameters::parse(query, self.now())?;
        let arrival = inbound.arrival(Route::AuditQuery, tenant, CallerKind::Server);
        let arrival = Arrival { user, ..arrival };
        let page = self.read(TrailRequest { arrival, span, after, limit, request_id: &inbound.request_id }).await?;
        Answer::ok(&Body::of(&page))
    }

    async fn refused(&self, inbound: &Inbound, problem: &Problem) {
        self.0.denials.record(Route::AuditQuery, inbound, problem).await;
    }
}

/// The body of the answer.
#[derive(Serialize)]
struct Body<'a> {
    events: Vec<EventBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

impl<'a> Body<'a> {
    fn of(page: &'a Page) -> Self {
        let events = page.events.iter().map(EventBody::of).collect();
        Self { events, next_cursor: page.next.map(|cursor| cursor.to_string()) }
    }
}

#[derive(Serialize)]
struct EventBody<'a> {
    id: String,
    at: String,
    request_id: &'a str,
    outcome: &'a Outcome,
    /// The person as the trail calls them; none if the event is about the tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    personal: Option<Personal>,
}

impl<'a> EventBody<'a> {
    fn of(found: &'a TrailEvent) -> Self {
        let event = &found.event;
        let subject = match event.about {
            About::Person { subject, .. } => Some(subject.to_string()),
            About::Tenant(_) | About::Deployment => None,
        };
        let personal = found.source.map(|source| Personal { source_address: source.address().to_string() });
        Self {
            id: event.id.to_string(),
            at: event.at.to_string(),
            request_id: event.request_id.as_str(),
            outcome: &event.outcome,
            subject,
            personal,
        }
    }
}

#[derive(Serialize)]
struct Personal {
    source_address: String,
}

#[cfg(test)]
mod tests {
    use domain::EventId;
    use store::EventCursor;

    use super::*;
    use crate::{PageCursor, Span};

    #[test]
    fn a_page_without_events_says_where_to_go_on() {
        let (from, until) = ("2026-11-01T00:00:00Z".parse().unwrap(), "2026-11-02T00:00:00Z".parse().unwrap());
        let after = EventCursor { at: until, id: EventId::new(uuid::Uuid::nil()) };
        let next = Some(PageCursor { span: Span::new(from, until).unwrap(), after });

        let answer = Answer::ok(&Body::of(&Page { events: Vec::new(), next }));

        let body = r#"{"events":[],"next_cursor":"AQAAAaGUZ-gAAAABoZmORAAAAAGhmY5EAAAAAAAAAAAAAAAAAAAAAAA"}"#;
        assert_eq!(answer, Ok(Answer::stored(body)));
    }
}
