//! The operator's list as a process knows it: fetched as a whole, kept for a minute, and used a while longer if it can't be
//! fetched again.
//!
//! ```text
//! fetched            FRESH_FOR                      USABLE_FOR
//! ───┼── use it ─────────┼── fetch; if that fails, use it ──┼── fetch; if that fails, fail ──▶
//! ```

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{Clock, ListedAccess, ListedSubject, Listing, SourceAddress};
use ipnet::IpNet;
use jiff::Timestamp;
use store::{FindListings, StoreError, StoreErrorKind};
use telemetry::Chain;
use tokio::sync::Mutex as Turn;

use crate::Arrival;

/// The list, once it was fetched. Requests that come while it is being fetched wait for that one fetch, and share its failure.
#[derive(Debug, Default)]
pub(crate) struct OperatorsList {
    state: Mutex<State>,
    turn: Turn<()>,
}

#[derive(Debug, Default)]
struct State {
    kept: Option<Kept>,
    failures: u64,
}

#[derive(Debug, Clone)]
struct Kept {
    listings: Arc<[Listing]>,
    fetched_at: Timestamp,
    failed_at: Option<Timestamp>,
}

impl OperatorsList {
    /// The list, if it needs no fetch at `now`.
    pub(crate) fn at_hand(&self, now: Timestamp) -> Option<Arc<[Listing]>> {
        let state = self.state();
        let kept = state.kept.as_ref().filter(|kept| kept.needs_no_fetch(now));
        kept.map(|kept| Arc::clone(&kept.listings))
    }

    /// The list, fetched if need be.
    pub(crate) async fn fetch(
        &self,
        store: &impl FindListings,
        clock: &dyn Clock,
    ) -> Result<Arc<[Listing]>, StoreError> {
        let failures = self.state().failures;
        let _turn = self.turn.lock().await;
        let now = clock.now();
        if let Some(listings) = self.at_hand(now) {
            return Ok(listings);
        }
        if self.state().failures != failures {
            return Err(StoreError::new(StoreErrorKind::Unavailable, "FindListings", SHARED_FAILURE));
        }
        match store.find_listings().await {
            Ok(listings) => {
                let listings: Arc<[Listing]> = listings.into();
                self.state().kept = Some(Kept { listings: Arc::clone(&listings), fetched_at: now, failed_at: None });
                Ok(listings)
            }
            Err(error) => self.state().fall_back(error, now),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What was fetched before, if nobody said that it is wrong and it is not too old.
    fn fall_back(&mut self, error: StoreError, now: Timestamp) -> Result<Arc<[Listing]>, StoreError> {
        let is_outage = error.kind != StoreErrorKind::Corrupt;
        let Some(kept) = self.kept.as_mut().filter(|kept| is_outage && kept.age(now) < USABLE_FOR) else {
            self.failures += 1;
            return Err(error);
        };
        tracing::warn!(error.chain = %Chain::of(&error), "the operator's list is used past its age: it can't be fetched");
        kept.failed_at = Some(now);
        Ok(Arc::clone(&kept.listings))
    }
}

impl Kept {
    fn age(&self, now: Timestamp) -> Duration {
        now.duration_since(self.fetched_at).unsigned_abs()
    }

    fn needs_no_fetch(&self, now: Timestamp) -> bool {
        let backs_off = self.failed_at.is_some_and(|at| now.duration_since(at).unsigned_abs() < BACK_OFF);
        self.age(now) < FRESH_FOR || (backs_off && self.age(now) < USABLE_FOR)
    }
}

/// What the list says of a request: refused if any entry says so, else allowed if any does.
pub(crate) fn access(listings: &[Listing], arrival: &Arrival, now: Timestamp) -> Option<ListedAccess> {
    let about = listings.iter().filter(|listing| now < listing.expires_at && is_about(&listing.subject, arrival));
    about.map(|listing| listing.access).reduce(|one, other| match (one, other) {
        (ListedAccess::Allowed, ListedAccess::Allowed) => ListedAccess::Allowed,
        _ => ListedAccess::Denied,
    })
}

fn is_about(subject: &ListedSubject, arrival: &Arrival) -> bool {
    match subject {
        ListedSubject::Network(network) => contains(network, arrival.source),
        ListedSubject::Tenant(tenant) => *tenant == arrival.tenant,
        ListedSubject::User(tenant, user) => *tenant == arrival.tenant && arrival.user == Some(*user),
    }
}

/// An IPv6 network smaller than a /64 counts as the whole /64, which is what an address is taken for.
fn contains(network: &IpNet, source: SourceAddress) -> bool {
    let of_network = SourceAddress::from_transport(network.network());
    let is_within =
        matches!((network, source.address()), (IpNet::V6(network), IpAddr::V6(_)) if network.prefix_len() > 64);
    if is_within { of_network == source } else { network.contains(&source.address()) }
}

/// How long the list is used without asking again: the time in which a change takes effect everywhere.
const FRESH_FOR: Duration = Duration::from_secs(60);

/// How long it is used while the store is down. Fails closed afterwards.
const USABLE_FOR: Duration = Duration::from_secs(900);

/// How long a failed fetch is not tried again while there is a usable list.
const BACK_OFF: Duration = Duration::from_secs(10);

const SHARED_FAILURE: &str = "the fetch that the request waited for failed";
