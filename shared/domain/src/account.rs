//! An account: what a verification's outcome changes of a user, in one item, so that it changes by one write.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{Failures, Session, SessionId};

/// What is stored of a user, who may not exist, besides the enrollment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// Wrong answers since the last right one.
    pub failures: Failures,
    /// The attempts that those failures were reserved for, so that one attempt is counted once.
    pub reserved: BTreeSet<AttemptMark>,
    /// The sessions, live or not yet cleared away.
    pub sessions: BTreeMap<SessionId, Session>,
    /// The one version of the user's factors that opens sessions, once they were rotated; 0, which no factors have, once the user was
    /// erased. `None` if neither has happened for longer than any verification lives: then every version does.
    pub key_version: Option<u32>,
}

/// Names an attempt: eight bytes of a keyed function of tenant, verification and idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptMark(pub [u8; 8]);

/// The most sessions of one user that live at once.
pub const MAX_SESSIONS: usize = 5;

impl Account {
    /// Whether a verification that was opened when the user's factors had this version may still open a session.
    #[must_use]
    pub fn admits(&self, key_version: u32) -> bool {
        self.key_version.is_none_or(|admitted| admitted == key_version)
    }

    /// The sessions that must go so that one more can be opened at `now`: all that are over, and the oldest live ones down to one
    /// less than [`MAX_SESSIONS`].
    #[must_use]
    pub fn sessions_to_evict(&self, now: Timestamp) -> Vec<SessionId> {
        let (live, over): (Vec<_>, Vec<_>) = self.sessions.values().partition(|session| session.is_live(now));
        let mut oldest_first = live;
        oldest_first.sort_by_key(|session| (session.created_at, session.id));
        let surplus = (oldest_first.len() + 1).saturating_sub(MAX_SESSIONS);
        over.into_iter().chain(oldest_first.into_iter().take(surplus)).map(|session| session.id).collect()
    }
}
