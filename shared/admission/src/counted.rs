//! A request as one limit counts it.

use std::num::NonZeroU32;
use std::time::Duration;

use domain::{CounterKey, DrawId, Limit, LimitSubject};

use crate::{Arrival, CallerKind, Limited, Policy, Route, Row, Scope};

/// One limit that applies to a request, and whose counter it is.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) name: &'static str,
    pub(crate) limit: Limit,
    pub(crate) lease: NonZeroU32,
    pub(crate) subject: LimitSubject,
    pub(crate) key: CounterKey,
    /// The name of the request's own draw, where repeating the request must not count again.
    pub(crate) draw: Option<DrawId>,
}

impl Policy {
    /// Every limit that applies to the request.
    pub(crate) fn counted(&self, arrival: &Arrival) -> impl Iterator<Item = Counted> {
        self.rows().iter().filter_map(move |row| row.counted(arrival))
    }
}

impl Row {
    fn counted(&self, arrival: &Arrival) -> Option<Counted> {
        let limit = self.limit.filter(|_| self.routes.contains(&arrival.route))?;
        let subject = self.scope.subject(arrival)?;
        let key = CounterKey::new(self.name, subject);
        let draw = draw_of(arrival).filter(|_| self.scope != Scope::Everybody);
        Some(Counted { name: self.name, limit, lease: self.lease, subject, key, draw })
    }
}

impl Scope {
    fn subject(self, arrival: &Arrival) -> Option<LimitSubject> {
        match self {
            // The shard is chosen for each draw.
            Self::Everybody => Some(LimitSubject::Everybody { shard: 0 }),
            Self::Tenant => Some(LimitSubject::Tenant(arrival.tenant)),
            Self::Source(caller) if caller == arrival.caller => {
                Some(LimitSubject::Source(arrival.tenant, arrival.source))
            }
            Self::Source(CallerKind::Server | CallerKind::Device) => None,
            Self::User => arrival.user.map(|user| LimitSubject::User(arrival.tenant, user)),
        }
    }
}

impl Counted {
    pub(crate) fn limited(&self, retry_after: Duration) -> Limited {
        Limited { limit: self.name, quota: self.limit.quota, period: self.limit.period, retry_after }
    }
}

/// The draw of a request with an idempotency key: the key itself, with the route in place of the UUID's version, which is the
/// same in all keys. Counters of a tenant are its own, so that the tenant need not be in it.
///
/// An attempt's key is its verification's, not its tenant's: the same key on another verification is another request.
fn draw_of(arrival: &Arrival) -> Option<DrawId> {
    let key = arrival.key.filter(|_| arrival.route != Route::Verify)?;
    let mut id = *key.as_bytes();
    let (route, _) = (0_u8..).zip(Route::ALL).find(|(_, route)| *route == arrival.route)?;
    if let Some(version) = id.get_mut(6) {
        *version = (*version & 0x0f) | (route << 4);
    }
    Some(DrawId(id))
}
