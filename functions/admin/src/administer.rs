//! The use case.

use std::fmt;
use std::sync::Arc;

use admission::Policy;
use audit::{About, Event, ListingEntry, Outcome, RecordEvents, Subject};
use crypto::UnwrapKey;
use domain::{
    Clock, Entropy, EntropyUnavailable, EventId, ListedSubject, Listing, MAX_LISTINGS, RequestId, SessionEpoch,
    TenantId, UserId,
};
use keyring::BranchKeys;
use store::{EpochAdvance, OutboxEvent, Unlocking};

use crate::{AdminError, AdminStore, Answer, Command, ListingBody};

/// What administering works with.
#[derive(Debug)]
pub struct Ports<S, U, A> {
    /// Users, accounts, API keys and the operator's list.
    pub store: S,
    /// The tenants' keys, to name users in audit events.
    pub keys: BranchKeys<S, U>,
    /// Takes the audit events.
    pub audit: A,
    /// The limits that are in force.
    pub policy: Policy,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// Carries out an operator's commands.
pub struct Administer<S, U, A>(pub(crate) Arc<Ports<S, U, A>>);

impl<S: AdminStore, U: UnwrapKey, A: RecordEvents> Administer<S, U, A> {
    /// Carries out commands with these ports.
    pub fn new(ports: Ports<S, U, A>) -> Self {
        Self(Arc::new(ports))
    }

    /// Carries out a command in its JSON form.
    ///
    /// # Errors
    /// [`AdminError`] if it is no command, or was not carried out.
    pub async fn answer(&self, unverified_json: &str, request_id: &RequestId) -> Result<Answer, AdminError> {
        self.administer(Command::parse(unverified_json)?, request_id).await
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// [`AdminError`] if it was not carried out, as far as anybody knows.
    pub async fn administer(&self, command: Command, request_id: &RequestId) -> Result<Answer, AdminError> {
        match command {
            Command::UnlockAccount { tenant, user } => self.unlock((tenant, user), request_id).await,
            Command::DisableUser { tenant, user } => self.disable((tenant, user), request_id).await,
            Command::EnableUser { tenant, user } => self.enable((tenant, user), request_id).await,
            Command::EraseUser { tenant, user } => self.erase((tenant, user), request_id).await,
            Command::PutListing(listing) => self.put(&listing, request_id).await,
            Command::RemoveListing(subject) => self.remove(&subject, request_id).await,
            Command::RevokeAllSessions { tenant } => self.revoke_sessions(tenant, request_id).await,
            Command::ShowLimits => self.show().await,
            Command::CreateKey(new) => self.create_key(new, request_id).await,
            Command::RotateKey(rotation) => self.rotate_key(&rotation, request_id).await,
            Command::RevokeKey { tenant, key } => self.revoke_key((tenant, key), request_id).await,
            Command::ListKeys(tenant) => self.list_keys(tenant).await,
        }
    }

    /// Forgets what was read, or reads again if that has changed. An account without failures stays as it is, and the trail says that
    /// an operator wanted it unlocked.
    async fn unlock(&self, (tenant, user): (TenantId, UserId), request: &RequestId) -> Result<Answer, AdminError> {
        let about = self.about(&ListedSubject::User(tenant, user)).await?;
        for _ in 0..ROUNDS {
            let account = self.0.store.find_account(tenant, user).await?;
            let known = account.map(|account| account.failures).unwrap_or_default();
            let failures = u8::try_from(known.instants().len()).unwrap_or(u8::MAX);
            let event = self.event(about, Outcome::AccountUnlocked { failures }, request)?;
            if failures == 0 {
                let at = event.at;
                self.0.audit.record_events(&[event]).await?;
                return Ok(Answer::unlocked((tenant, user), &known, at));
            }
            match self.0.store.unlock_account(tenant, user, &known, &OutboxEvent::from(&event)).await? {
                Unlocking::Unlocked => {
                    self.0.audit.announce(&event).await;
                    return Ok(Answer::unlocked((tenant, user), &known, event.at));
                }
                Unlocking::Changed => {}
            }
        }
        Err(AdminError::Contended)
    }

    async fn put(&self, listing: &Listing, request: &RequestId) -> Result<Answer, AdminError> {
        if listing.expires_at <= self.0.clock.now() {
            return Err(AdminError::AlreadyOver);
        }
        let about = self.about(&listing.subject).await?;
        let listings = self.0.store.find_listings().await?;
        let replaced = find(&listings, &listing.subject);
        if replaced.is_none() && listings.len() >= MAX_LISTINGS {
            return Err(AdminError::ListFull);
        }
        let entry = ListingEntry { access: listing.access, expires_at: listing.expires_at };
        let event = self.event(about, changed(&listing.subject, Some(entry)), request)?;
        self.0.store.put_listing(listing, &OutboxEvent::from(&event)).await?;
        self.0.audit.announce(&event).await;
        Ok(Answer::ListingPut { listing: listing.into(), replaced })
    }

    async fn remove(&self, subject: &ListedSubject, request: &RequestId) -> Result<Answer, AdminError> {
        let about = self.about(subject).await?;
        let removed = find(&self.0.store.find_listings().await?, subject);
        let event = self.event(about, changed(subject, None), request)?;
        self.0.store.remove_listing(subject, &OutboxEvent::from(&event)).await?;
        self.0.audit.announce(&event).await;
        Ok(Answer::ListingRemoved { subject: *subject, removed })
    }

    /// One number ends all sessions of the tenant, however many there are. It is only known once a change is refused.
    async fn revoke_sessions(&self, tenant: TenantId, request: &RequestId) -> Result<Answer, AdminError> {
        let about = self.about(&ListedSubject::Tenant(tenant)).await?;
        let mut epoch = SessionEpoch::FIRST;
        for _ in 0..ROUNDS {
            let session_epoch = epoch.next().number();
            let event = self.event(about, Outcome::TenantSessionsRevoked { epoch: session_epoch }, request)?;
            match self.0.store.advance_session_epoch(tenant, epoch, &OutboxEvent::from(&event)).await? {
                EpochAdvance::Advanced => {
                    self.0.audit.announce(&event).await;
                    return Ok(Answer::SessionsRevoked { tenant_id: tenant, session_epoch });
                }
                EpochAdvance::Changed(now) => epoch = now,
            }
        }
        Err(AdminError::SessionsContended)
    }

    async fn show(&self) -> Result<Answer, AdminError> {
        let listings = self.0.store.find_listings().await?;
        Ok(Answer::LimitsShown {
            limits: self.0.policy.clone(),
            listings: listings.iter().map(ListingBody::from).collect(),
        })
    }

    /// Whom a change is recorded about. Asks for the tenant's key before anything is changed: without one, there is no such
    /// tenant.
    pub(crate) async fn about(&self, subject: &ListedSubject) -> Result<About, AdminError> {
        Ok(match *subject {
            ListedSubject::Network(_) => About::Deployment,
            ListedSubject::Tenant(tenant) => About::Tenant(self.0.keys.current(tenant).await?.tenant()),
            ListedSubject::User(tenant, user) => {
                let pseudonym = self.0.keys.current(tenant).await?.subject_pseudonym(user);
                About::Person { tenant, subject: Subject::new(pseudonym) }
            }
        })
    }

    /// The event of a change: kept by the very write that makes the change, and sent once that is done.
    pub(crate) fn event(
        &self,
        about: About,
        outcome: Outcome,
        request_id: &RequestId,
    ) -> Result<Event, EntropyUnavailable> {
        let at = self.0.clock.now();
        let id = EventId::at(at, &self.0.entropy.array()?);
        Ok(Event { id, about, at, request_id: request_id.clone(), outcome, personal: None })
    }
}

impl<S, U, A> Clone for Administer<S, U, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S, U, A> fmt::Debug for Administer<S, U, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Administer").finish_non_exhaustive()
    }
}

fn find(listings: &[Listing], subject: &ListedSubject) -> Option<ListingBody> {
    listings.iter().find(|listing| listing.subject == *subject).map(ListingBody::from)
}

/// Whom it is about the event says, unless that is a network.
fn changed(subject: &ListedSubject, entry: Option<ListingEntry>) -> Outcome {
    let network = match subject {
        ListedSubject::Network(network) => Some(*network),
        ListedSubject::Tenant(_) | ListedSubject::User(..) => None,
    };
    Outcome::ListingChanged { entry, network }
}

/// More than once only if attempts on the account are decided at the same moment, of which there are few in a second.
const ROUNDS: usize = 4;
