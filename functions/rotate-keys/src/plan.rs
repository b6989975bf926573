//! What is to be done. Pure.
//!
//! - Of the signing keys that do not retire, the one that signs from the latest instant is the *head*. When it is nearly too old, a new one is
//!   made that signs once it was published long enough, and the head retires once its last token has expired.
//! - Another key that does not retire is left over from an emergency: it retires as if the head had followed it.
//! - What has retired is removed after a while.
//! - If no key stays, as when two that leaked retired at the same moment, a new one follows the one that retires last: published for as
//!   long as others sign, and not at all if none does. Without any key there would be no tokens for anybody.
//! - A key that leaked retires at once. If no other key signs then, a new one does so at once: clients that do not know it ask again.

use std::time::Duration;

use domain::{BranchKeyVersion, KeyId};
use jiff::Timestamp;
use store::{RegisteredBranchKey, SigningKeyRecord};

use crate::policy::{BRANCH_KEY_AGE, KEPT_AFTER, PUBLISHED_AFTER, PUBLISHED_BEFORE, SIGNING_KEY_AGE};

/// One step of rotating signing keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SigningStep {
    /// A new key follows this one, which retires.
    Succeed {
        /// The key that signs so far.
        key: KeyId,
        /// When it was to retire so far.
        known: Option<Timestamp>,
        /// From when on the new one signs.
        signs_from: Timestamp,
        /// When the old one retires.
        retires_at: Timestamp,
    },
    /// A key retires that another one has followed already.
    Retire {
        /// The key.
        key: KeyId,
        /// When.
        retires_at: Timestamp,
    },
    /// A key that has retired is removed.
    Remove {
        /// The key.
        key: KeyId,
    },
}

/// What a leak of a signing key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leak {
    /// The key retires now; another one signs already.
    Retire {
        /// When it was to retire so far.
        known: Option<Timestamp>,
    },
    /// The key retires now, and a new one signs from now on.
    Replace {
        /// When it was to retire so far.
        known: Option<Timestamp>,
    },
    /// The key has retired already.
    Retired,
    /// There is no such key.
    Unknown,
}

/// The steps that the signing keys need at `now`, in any order.
#[must_use]
pub fn plan_signing(keys: &[SigningKeyRecord], now: Timestamp) -> Vec<SigningStep> {
    let over = keys.iter().filter(|key| key.retires_at.is_some_and(|retires_at| retires_at + KEPT_AFTER <= now));
    let mut steps: Vec<SigningStep> = over.map(|key| SigningStep::Remove { key: key.id.clone() }).collect();
    let staying = || keys.iter().filter(|key| key.retires_at.is_none());
    let Some(head) = staying().max_by_key(|key| (key.signs_from, key.created_at, &key.id)) else {
        return plan_without_head(keys, steps, now);
    };
    let retires_at = head.signs_from.max(now) + PUBLISHED_AFTER;
    let left_over = staying().filter(|key| key.id != head.id);
    steps.extend(left_over.map(|key| SigningStep::Retire { key: key.id.clone(), retires_at }));
    if head.signs_from + SIGNING_KEY_AGE <= now + PUBLISHED_BEFORE {
        let signs_from = now + PUBLISHED_BEFORE;
        let retires_at = signs_from + PUBLISHED_AFTER;
        steps.push(SigningStep::Succeed { key: head.id.clone(), known: None, signs_from, retires_at });
    }
    steps
}

/// The steps if no key stays: the one that retires last is followed, and is removed another time.
fn plan_without_head(keys: &[SigningKeyRecord], mut steps: Vec<SigningStep>, now: Timestamp) -> Vec<SigningStep> {
    let ending = keys.iter().filter_map(|key| Some((key.retires_at?, &key.id)));
    let Some((known, key)) = ending.max() else { return steps };
    steps.retain(|step| !matches!(step, SigningStep::Remove { key: removed } if removed == key));
    let signing = keys.iter().filter(|key| key.signs_from <= now);
    let end = signing.filter_map(|key| key.retires_at).filter(|end| now < *end).max();
    let signs_from = end.map_or(now, |end| (end - PUBLISHED_AFTER).clamp(now, now + PUBLISHED_BEFORE));
    let retires_at = known - SOONER;
    steps.push(SigningStep::Succeed { key: key.clone(), known: Some(known), signs_from, retires_at });
    steps
}

/// Of several runs at once, the first one changes what the others know of the end.
const SOONER: Duration = Duration::from_secs(1);

/// The version that a tenant's branch key needs at `now`, if it needs one.
#[must_use]
pub fn plan_branch(key: &RegisteredBranchKey, now: Timestamp) -> Option<BranchKeyVersion> {
    if now < key.created_at + BRANCH_KEY_AGE {
        return None;
    }
    BranchKeyVersion::new(key.newest.number().checked_add(1)?)
}

/// What to do at `now` about a signing key that leaked.
#[must_use]
pub fn plan_leak(keys: &[SigningKeyRecord], leaked: &KeyId, now: Timestamp) -> Leak {
    let Some(key) = keys.iter().find(|key| key.id == *leaked) else { return Leak::Unknown };
    let known = key.retires_at;
    if known.is_some_and(|retires_at| retires_at <= now) {
        return Leak::Retired;
    }
    // A key that retires later does not count: nothing would follow it.
    let others = keys.iter().filter(|other| other.id != *leaked && other.retires_at.is_none());
    if others.into_iter().any(|other| other.signs_from <= now) {
        Leak::Retire { known }
    } else {
        Leak::Replace { known }
    }
}
