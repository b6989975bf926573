//! The use case.

use std::sync::Arc;
use std::time::Duration;

use admission::{Admission, Arrival};
use audit::{About, Event, Outcome, RecordEvents, Subject};
use crypto::{UnwrapKey, UserKey};
use denials::Denials;
use domain::{Clock, Entropy, EventId, RequestId, SourceAddress, UserId};
use jiff::Timestamp;
use keyring::BranchKeys;
use store::{EventPage, EventQuery};
use tokio::time::timeout;

use crate::{AuditQueryStore, PageCursor, ReadError, Span};

/// What reading works with.
#[derive(Debug)]
pub struct Ports<S, U, A> {
    /// Events and enrollments.
    pub store: S,
    /// Lets requests in.
    pub admission: Admission<S>,
    /// The tenants' keys, for a person's pseudonym and their own key.
    pub keys: BranchKeys<S, U>,
    /// Takes the audit events.
    pub audit: A,
    /// Takes note of refused requests.
    pub denials: Denials<A>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// Reads trails.
#[derive(Debug)]
pub struct ReadTrail<S, U, A>(pub(crate) Arc<Ports<S, U, A>>);

/// A request for a page.
#[derive(Debug, Clone, Copy)]
pub struct TrailRequest<'a> {
    /// What admission decides by; its tenant is the caller's, and whose trail is read. Its user is the person whose part of the trail
    /// is asked for; without one it is everybody's.
    pub arrival: Arrival,
    /// When the events happened.
    pub span: Span,
    /// Where the page before ended.
    pub after: Option<PageCursor>,
    /// At most this many events.
    pub limit: u16,
    /// Names the request in the trail.
    pub request_id: &'a RequestId,
}

/// A page of a trail.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// The events, oldest first; perhaps none, though there are more.
    pub events: Vec<TrailEvent>,
    /// Where to go on, if there may be more.
    pub next: Option<PageCursor>,
}

/// An event, with what could be read of the person besides.
#[derive(Debug, PartialEq, Eq)]
pub struct TrailEvent {
    /// The event.
    pub event: Event,
    /// Where the request came from. `None` if the event holds no address, if the trail is everybody's, or if the person's key is gone.
    pub source: Option<SourceAddress>,
}

impl<S, U, A> ReadTrail<S, U, A>
where
    S: AuditQueryStore,
    U: UnwrapKey,
    A: RecordEvents,
{
    /// Reads with these ports.
    pub fn new(ports: Ports<S, U, A>) -> Self {
        Self(Arc::new(ports))
    }

    /// The time, for what is checked before the use case.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// A page of the trail of the arrival's tenant. That it was read is recorded before it is given.
    ///
    /// # Errors
    /// [`ReadError`] if the request is not let in, or a dependency does not answer.
    pub async fn read(&self, request: TrailRequest<'_>) -> Result<Page, ReadError> {
        let reader = self.enter(&request).await?;
        let page = timeout(READ_DEADLINE, self.0.store.find_events(&reader.query(&request))).await??;
        let next = page.next.map(|after| PageCursor { span: request.span, after });
        let events = reader.events(&page)?;
        self.record(&request, &reader, events.len()).await?;
        Ok(Page { events, next })
    }

    /// The limits; beside them, the keys that the person is named and read by.
    async fn enter(&self, request: &TrailRequest<'_>) -> Result<Reader, ReadError> {
        let admitted = async { Ok::<_, ReadError>(self.0.admission.admit(&request.arrival).await?) };
        let (reader, ()) = tokio::try_join!(self.reader(request.arrival), admitted)?;
        Ok(reader)
    }

    async fn reader(&self, arrival: Arrival) -> Result<Reader, ReadError> {
        let tenant = arrival.tenant;
        let Some(user) = arrival.user else { return Ok(Reader { about: About::Tenant(tenant), key: None }) };
        let (branch, key) = tokio::try_join!(
            async { Ok::<_, ReadError>(self.0.keys.current(tenant).await?) },
            self.user_key(arrival, user),
        )?;
        let subject = Subject::new(branch.subject_pseudonym(user));
        Ok(Reader { about: About::Person { tenant, subject }, key })
    }

    /// The person's own key, for as long as it exists: whoever is disabled keeps it, and is who one reads about.
    async fn user_key(&self, arrival: Arrival, user: UserId) -> Result<Option<UserKey>, ReadError> {
        let current = self.0.store.find_current_enrollment(arrival.tenant, user).await?;
        let Some(enrollment) = current.stored() else { return Ok(None) };
        let branch = self.0.keys.version(arrival.tenant, enrollment.branch_key_version).await?;
        Ok(Some(branch.open_user_key(user, &enrollment.user_key)?))
    }

    /// Records that the trail is read: about the person if it is theirs, about the tenant if it is everybody's.
    async fn record(&self, request: &TrailRequest<'_>, reader: &Reader, events: usize) -> Result<(), ReadError> {
        let at = self.0.clock.now();
        let (from, until) = (request.span.from(), request.span.until());
        let event = Event {
            id: EventId::at(at, &self.0.entropy.array()?),
            about: reader.about,
            at,
            request_id: request.request_id.clone(),
            outcome: Outcome::TrailRead { events: u16::try_from(events).unwrap_or(u16::MAX), from, until },
            personal: None,
        };
        Ok(self.0.audit.record_events(&[event]).await?)
    }
}

impl<S, U, A> Clone for ReadTrail<S, U, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// The longest that finding a page may take, which is several calls of the store: as long as four of them.
const READ_DEADLINE: Duration = Duration::from_secs(6);

/// Whose part of the trail is read, and with which key.
struct Reader {
    about: About,
    key: Option<UserKey>,
}

impl Reader {
    fn query(&self, request: &TrailRequest<'_>) -> EventQuery {
        let subject = match self.about {
            About::Person { subject, .. } => Some(*subject.as_bytes()),
            About::Tenant(_) | About::Deployment => None,
        };
        EventQuery {
            tenant: request.arrival.tenant,
            subject,
            from: request.span.from(),
            until: request.span.until(),
            after: request.after.map(|cursor| cursor.after),
            limit: request.limit,
        }
    }

    fn events(&self, page: &EventPage) -> Result<Vec<TrailEvent>, ReadError> {
        let events = page.records.iter().map(|record| Ok(Event::parse(&record.payload)?));
        events.map(|event| event.map(|event| TrailEvent { source: self.source(&event), event })).collect()
    }

    /// What can't be opened with the person's key is another person's, a former one's or nobody's: the trail is no place for errors about
    /// it.
    fn source(&self, event: &Event) -> Option<SourceAddress> {
        let (key, personal) = (self.key.as_ref()?, event.personal.as_ref()?);
        key.open_personal_data(event.id, personal.sealed()).ok()
    }
}
