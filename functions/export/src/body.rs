//! The body of the answer: machine-readable, with names that stay (GDPR Art. 20).

use audit::{About, Outcome};
use countersign_http::FactorDescription;
use domain::{Account, Listing, Session};
use jiff::Timestamp;
use serde::Serialize;

use crate::{ExportedEvent, Facts, Page};

#[derive(Serialize)]
pub(crate) struct Body<'a> {
    user_id: String,
    exported_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    enrollment: Option<EnrollmentBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    listing: Option<ListingBody>,
    events: Vec<EventBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

impl<'a> Body<'a> {
    pub(crate) fn of(page: &'a Page) -> Self {
        let facts = page.facts.as_ref();
        Self {
            user_id: page.user.to_string(),
            exported_at: page.at.to_string(),
            enrollment: facts.map(EnrollmentBody::of),
            account: facts.map(|facts| AccountBody::of(&facts.account, page.at)),
            listing: facts.and_then(|facts| facts.listing.as_ref()).map(ListingBody::of),
            events: page.events.iter().map(EventBody::of).collect(),
            next_cursor: page.next.map(|cursor| cursor.to_string()),
        }
    }
}

#[derive(Serialize)]
struct EnrollmentBody<'a> {
    factors: Vec<FactorDescription>,
    key_version: u32,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<&'a str>,
}

impl<'a> EnrollmentBody<'a> {
    fn of(facts: &'a Facts) -> Self {
        Self {
            factors: FactorDescription::of_each(facts.enrollment.factors),
            key_version: facts.enrollment.key_version,
            created_at: facts.enrollment.created_at.to_string(),
            device_id: facts.device.as_ref().map(domain::DeviceId::expose),
        }
    }
}

#[derive(Serialize)]
struct AccountBody {
    failed_at: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locked_until: Option<String>,
    sessions: Vec<SessionBody>,
}

impl AccountBody {
    fn of(account: &Account, now: Timestamp) -> Self {
        Self {
            failed_at: account.failures.instants().iter().map(Timestamp::to_string).collect(),
            locked_until: account.failures.locked_until(now).map(|until| until.to_string()),
            sessions: account.sessions.values().map(SessionBody::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct SessionBody {
    session_id: String,
    acr: &'static str,
    created_at: String,
    refreshed_at: String,
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
}

impl SessionBody {
    fn of(session: &Session) -> Self {
        Self {
            session_id: session.id.to_string(),
            acr: session.acr.name(),
            created_at: session.created_at.to_string(),
            refreshed_at: session.refreshed_at.to_string(),
            expires_at: session.expires_at.to_string(),
            revoked_at: session.revoked_at.map(|at| at.to_string()),
        }
    }
}

#[derive(Serialize)]
struct ListingBody {
    access: &'static str,
    expires_at: String,
}

impl ListingBody {
    fn of(listing: &Listing) -> Self {
        Self { access: listing.access.name(), expires_at: listing.expires_at.to_string() }
    }
}

/// An event as the trail's own route has it.
#[derive(Serialize)]
struct EventBody<'a> {
    id: String,
    at: String,
    request_id: &'a str,
    outcome: &'a Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    personal: Option<Personal>,
}

impl<'a> EventBody<'a> {
    fn of(found: &'a ExportedEvent) -> Self {
        let event = &found.event;
        let subject = match event.about {
            About::Person { subject, .. } => Some(subject.to_string()),
            About::Tenant(_) | About::Deployment => None,
        };
        Self {
            id: event.id.to_string(),
            at: event.at.to_string(),
            request_id: event.request_id.as_str(),
            outcome: &event.outcome,
            subject,
            personal: found.source.map(|source| Personal { source_address: source.address().to_string() }),
        }
    }
}

#[derive(Serialize)]
struct Personal {
    source_address: String,
}
