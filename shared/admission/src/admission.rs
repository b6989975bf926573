//! The decision.

use std::fmt;
use std::sync::Arc;

use domain::{Clock, Entropy, ListedAccess};
use futures_util::future::{OptionFuture, join, join_all};
use store::{DrawPermits, FindListings};

use crate::counted::Counted;
use crate::draws::Draws;
use crate::memory::Permit;
use crate::operators_list::{OperatorsList, access};
use crate::{Arrival, Limited, Policy, Refusal};

/// Lets requests in, or not. Clones share what they remember.
pub struct Admission<S>(Arc<Inner<S>>);

/// What admission needs.
#[derive(Debug)]
pub struct Ports<S> {
    /// Where permits are drawn and the operator's list is.
    pub store: S,
    /// Which limits there are.
    pub policy: Policy,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Names draws, and spreads them over the shards of what everybody shares.
    pub entropy: Arc<dyn Entropy>,
}

struct Inner<S> {
    ports: Ports<S>,
    list: OperatorsList,
    draws: Draws,
}

impl<S: DrawPermits + FindListings> Admission<S> {
    /// Admission that remembers nothing yet.
    #[must_use]
    pub fn new(ports: Ports<S>) -> Self {
        Self(Arc::new(Inner { ports, list: OperatorsList::default(), draws: Draws::default() }))
    }

    /// Lets the request in, or says why not. At most one wait on the store: all that has to be asked is asked at once, and
    /// nothing is if what is remembered decides.
    ///
    /// # Errors
    /// [`Refusal`], also if the store does not answer.
    pub async fn admit(&self, arrival: &Arrival) -> Result<(), Refusal> {
        let Inner { ports, list, draws } = &*self.0;
        let now = ports.clock.now();
        let at_hand = list.at_hand(now);
        if let Some(access) = at_hand.as_ref().and_then(|listings| access(listings, arrival, now)) {
            return decide(access);
        }
        let counted: Vec<Counted> = ports.policy.counted(arrival).collect();
        let remembered = longest(counted.iter().filter_map(|counted| draws.remembered_refusal(counted, now)));
        if let (Some(limited), true) = (remembered, at_hand.is_some()) {
            return Err(Refusal::Limited(limited));
        }

        let fetching = at_hand.is_none().then(|| list.fetch(&ports.store, &*ports.clock));
        let due = counted.iter().filter(|_| remembered.is_none());
        let drawing = join_all(due.map(|counted| draws.draw(ports, counted)));
        let (fetched, drawn) = join(OptionFuture::from(fetching), drawing).await;

        let listed = fetched.transpose().map(|listings| access(&listings?, arrival, now));
        let drawn = remembered.map(|limited| Err(Refusal::Limited(limited))).into_iter().chain(drawn).collect();
        conclude(listed.map_err(Refusal::from), drawn)
    }

    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.0.draws.remembered()
    }
}

/// What the list says comes first, then what the limits say, then what could not be found out. Permits that are not spent go back.
fn conclude(listed: Result<Option<ListedAccess>, Refusal>, drawn: Vec<Result<Permit, Refusal>>) -> Result<(), Refusal> {
    if let Ok(Some(access)) = listed {
        return decide(access);
    }
    let limited = drawn.iter().filter_map(|drawn| match drawn {
        Err(Refusal::Limited(limited)) => Some(*limited),
        _ => None,
    });
    if let Some(limited) = longest(limited) {
        return Err(Refusal::Limited(limited));
    }
    listed?;
    let permits: Vec<Permit> = drawn.into_iter().collect::<Result<_, _>>()?;
    permits.into_iter().for_each(Permit::spend);
    Ok(())
}

fn decide(access: ListedAccess) -> Result<(), Refusal> {
    match access {
        ListedAccess::Allowed => Ok(()),
        ListedAccess::Denied => Err(Refusal::Denied),
    }
}

/// The refusal after which all others are over, too.
fn longest(limited: impl Iterator<Item = Limited>) -> Option<Limited> {
    limited.max_by_key(|limited| limited.retry_after)
}

impl<S> Clone for Admission<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> fmt::Debug for Admission<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission").finish_non_exhaustive()
    }
}
