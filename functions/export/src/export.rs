//! The use case.

use std::sync::Arc;
use std::time::Duration;

use admission::{Admission, Arrival};
use audit::{About, Event, Outcome, RETENTION, RecordEvents, SealedPersonalData, Subject};
use countersign_http::{Recognised, StepUp};
use crypto::{BranchKey, UnwrapKey, UserKey};
use denials::Denials;
use domain::{
    Account, Clock, DeviceId, Enrollment, Entropy, EventId, ListedSubject, Listing, RequestId, SourceAddress, UserId,
};
use jiff::Timestamp;
use keyring::BranchKeys;
use store::{CurrentEnrollment, EventQuery};
use tokio::time::timeout;

use crate::{ExportCursor, ExportError, ExportStore};

/// What exporting works with.
#[derive(Debug)]
pub struct Ports<S, U, A> {
    /// All that is stored of a user.
    pub store: S,
    /// Lets requests in.
    pub admission: Admission<S>,
    /// Checks that the user was just verified.
    pub step_up: StepUp<S>,
    /// The tenants' keys, for the user's pseudonym and their own key.
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

/// Exports what is stored of users.
#[derive(Debug)]
pub struct Export<S, U, A>(pub(crate) Arc<Ports<S, U, A>>);

/// A request for a page. No `Debug`: it carries what the caller sent.
#[derive(Clone, Copy)]
pub struct ExportRequest<'a> {
    /// What admission decides by; its tenant is the caller's.
    pub arrival: Arrival,
    /// Whose data.
    pub user: UserId,
    /// What is presented as the user's step-up token.
    pub unverified_token: Option<&'a str>,
    /// Where the page before ended; without it, the first page is asked for.
    pub after: Option<ExportCursor>,
    /// Names the request in the trail.
    pub request_id: &'a RequestId,
}

/// A page of an export.
#[derive(Debug)]
pub struct Page {
    /// Whose data.
    pub user: UserId,
    /// When the page was made.
    pub at: Timestamp,
    /// What there is besides the trail, on the first page.
    pub facts: Option<Facts>,
    /// Events, oldest first; perhaps none, though there are more.
    pub events: Vec<ExportedEvent>,
    /// Where to go on, if there may be more.
    pub next: Option<ExportCursor>,
}

/// What is stored of a user besides the trail.
#[derive(Debug)]
pub struct Facts {
    /// The enrollment. Its sealed parts are not given out.
    pub enrollment: Enrollment,
    /// The device's id, opened.
    pub device: Option<DeviceId>,
    /// The failures and sessions.
    pub account: Account,
    /// What the operator has listed about the user.
    pub listing: Option<Listing>,
}

/// An event, with what it holds of the person, opened.
#[derive(Debug)]
pub struct ExportedEvent {
    /// The event.
    pub event: Event,
    /// Where the request came from, if the event tells.
    pub source: Option<SourceAddress>,
}

/// Whose data are exported, and what opens them.
struct Person {
    subject: Subject,
    enrollment: Enrollment,
    key: UserKey,
}

impl<S, U, A> Export<S, U, A>
where
    S: ExportStore,
    U: UnwrapKey,
    A: RecordEvents,
{
    /// Exports with these ports.
    pub fn new(ports: Ports<S, U, A>) -> Self {
        Self(Arc::new(ports))
    }

    /// A page of all that is stored of the user. That it is given is recorded before it is.
    ///
    /// # Errors
    /// [`ExportError`] if the step-up token is not good enough, a limit is used up, or a dependency does not answer.
    pub async fn export(&self, request: ExportRequest<'_>) -> Result<Page, ExportError> {
        let (branch, recognised) = self.enter(&request).await?;
        let now = self.0.clock.now();
        let person = self.person(&request, &branch, &recognised).await?;
        let until = request.after.map_or_else(|| just_after(now), |cursor| cursor.until);
        let (events, facts) =
            tokio::try_join!(self.events(&request, &person, until), self.facts_of_first(&request, &person))?;
        let (events, next) = events;
        self.record(&request, &person, events.len()).await?;
        Ok(Page { user: request.user, at: now, facts, events, next })
    }

    /// The limits, which count whoever comes; beside them, the keys that a cold process waits for. A token that is not even genuine costs
    /// nothing more.
    async fn enter(&self, request: &ExportRequest<'_>) -> Result<(Arc<BranchKey>, Recognised), ExportError> {
        let (tenant, token) = (request.arrival.tenant, request.unverified_token);
        let (admitted, branch, recognised) = tokio::join!(
            self.0.admission.admit(&request.arrival),
            self.0.keys.current(tenant),
            self.0.step_up.recognise(token, tenant, request.user),
        );
        admitted?;
        Ok((branch?, recognised?))
    }

    /// The person, once the token is good enough.
    async fn person(
        &self,
        request: &ExportRequest<'_>,
        branch: &BranchKey,
        recognised: &Recognised,
    ) -> Result<Person, ExportError> {
        let (tenant, user) = (request.arrival.tenant, request.user);
        let (confirmed, current) =
            tokio::join!(self.0.step_up.confirm(recognised), self.0.store.find_current_enrollment(tenant, user));
        confirmed?;
        let CurrentEnrollment::Enrolled(enrollment) = current? else { return Err(ExportError::NotEnrolled) };
        let sealing = self.0.keys.version(tenant, enrollment.branch_key_version).await?;
        let key = sealing.open_user_key(user, &enrollment.user_key)?;
        Ok(Person { subject: Subject::new(branch.subject_pseudonym(user)), enrollment: *enrollment, key })
    }

    async fn facts_of_first(&self, request: &ExportRequest<'_>, person: &Person) -> Result<Option<Facts>, ExportError> {
        if request.after.is_some() {
            return Ok(None);
        }
        let (tenant, user) = (request.arrival.tenant, request.user);
        let (account, listings) =
            tokio::try_join!(self.0.store.find_account(tenant, user), self.0.store.find_listings())?;
        let Person { enrollment, key, .. } = person;
        let device = enrollment.device_id.as_ref().map(|sealed| key.open_device_id(sealed, enrollment.key_version));
        let about = ListedSubject::User(tenant, user);
        Ok(Some(Facts {
            device: device.transpose()?,
            enrollment: enrollment.clone(),
            account: account.unwrap_or_default(),
            listing: listings.into_iter().find(|listing| listing.subject == about),
        }))
    }

    /// A page of the person's trail, as far back as events are kept.
    async fn events(
        &self,
        request: &ExportRequest<'_>,
        person: &Person,
        until: Timestamp,
    ) -> Result<(Vec<ExportedEvent>, Option<ExportCursor>), ExportError> {
        let query = EventQuery {
            tenant: request.arrival.tenant,
            subject: Some(*person.subject.as_bytes()),
            from: until.checked_sub(RETENTION).unwrap_or(Timestamp::UNIX_EPOCH),
            until,
            after: request.after.map(|cursor| cursor.after),
            limit: PAGE,
        };
        let page = timeout(READ_DEADLINE, self.0.store.find_events(&query)).await??;
        let next = page.next.map(|after| ExportCursor { until, after });
        let event = |payload: &[u8]| -> Result<ExportedEvent, ExportError> {
            let event = Event::parse(payload)?;
            let sealed = event.personal.as_ref().map(SealedPersonalData::sealed);
            let source = sealed.and_then(|sealed| person.key.open_personal_data(event.id, sealed).ok());
            Ok(ExportedEvent { event, source })
        };
        let events = page.records.iter().map(|record| event(&record.payload)).collect::<Result<_, ExportError>>()?;
        Ok((events, next))
    }

    async fn record(&self, request: &ExportRequest<'_>, person: &Person, events: usize) -> Result<(), ExportError> {
        let at = self.0.clock.now();
        let id = EventId::at(at, &self.0.entropy.array()?);
        let personal = person.key.seal_personal_data(id, request.arrival.source, &*self.0.entropy)?;
        let event = Event {
            id,
            about: About::Person { tenant: request.arrival.tenant, subject: person.subject },
            at,
            request_id: request.request_id.clone(),
            outcome: Outcome::DataExported { events: u16::try_from(events).unwrap_or(u16::MAX) },
            personal: Some(SealedPersonalData::new(personal)),
        };
        Ok(self.0.audit.record_events(&[event]).await?)
    }
}

impl<S, U, A> Clone for Export<S, U, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// The first whole millisecond after an instant: events happen at whole ones, and those of now belong to the export.
fn just_after(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond() + 1).unwrap_or(at)
}

/// How many events a page has at most: some 150 KB.
const PAGE: u16 = 200;

/// The longest that finding a page may take, which is several calls of the store: as long as four of them.
const READ_DEADLINE: Duration = Duration::from_secs(6);
