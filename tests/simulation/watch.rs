//! Watching every comparison: I2.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use countersign_tests::Person;
use crypto::{BranchKey, KdfPool};
use domain::{ATTEMPTS_ALLOWED, Account, IdempotencyKey, TenantId, VerificationId};
use futures_util::FutureExt;
use jiff::Timestamp;
use store::{FindAccount, FindVerification};
use testkit::MemoryStore;

use crate::errand::{Desk, Sent};
use crate::invariant::Invariant::ComparisonsAreLimited;
use crate::invariant::holds;

/// What was compared, and where it must have been counted before.
pub(crate) struct Watch {
    pub(crate) tables: MemoryStore,
    pub(crate) tenant: TenantId,
    pub(crate) kdf: KdfPool,
    pub(crate) branch: Arc<BranchKey>,
    compared: BTreeMap<VerificationId, BTreeSet<IdempotencyKey>>,
    seen: u64,
}

/// The accounts when a step began.
pub(crate) struct Beginning {
    pub(crate) accounts: Vec<Account>,
    pub(crate) at: Timestamp,
    /// Who is unlocked in the step.
    pub(crate) unlocked: Vec<usize>,
}

impl Watch {
    pub(crate) fn new(tables: MemoryStore, (tenant, branch): (TenantId, Arc<BranchKey>), kdf: KdfPool) -> Self {
        Self { tables, tenant, kdf, branch, compared: BTreeMap::new(), seen: 0 }
    }

    /// Looks whether the process with this desk has just compared something, and whether it might.
    pub(crate) fn stepped(&mut self, desk: &Desk, people: &[Person], beginning: &Beginning) {
        let now = self.kdf.comparisons();
        let comparisons = now - self.seen;
        if comparisons == 0 {
            return;
        }
        self.seen = now;
        let mut papers = desk.papers();
        papers.comparisons += comparisons;
        let sent = papers.attempt.as_ref();
        holds(sent.is_some(), ComparisonsAreLimited, || "compared without an attempt".to_owned());
        holds(papers.comparisons == 1, ComparisonsAreLimited, || "one execution compared twice".to_owned());
        if let Some(sent) = sent {
            self.is_counted(sent);
            self.is_reserved(sent, &people[sent.person], beginning);
        }
    }

    /// In its verification, of which three can be.
    fn is_counted(&mut self, sent: &Sent) {
        let found = self.tables.find_verification(self.tenant, sent.verification).now_or_never().unwrap().unwrap();
        let is_counted = found.is_some_and(|found| found.attempts.contains_key(&sent.key));
        holds(is_counted, ComparisonsAreLimited, || format!("{} was compared before it was counted", sent.key));
        let compared = self.compared.entry(sent.verification).or_default();
        compared.insert(sent.key);
        holds(compared.len() <= usize::from(ATTEMPTS_ALLOWED), ComparisonsAreLimited, || {
            format!("{} attempts of one verification were compared", compared.len())
        });
    }

    /// With its account, unless that is locked. What was reserved is forgotten by a success, which opens a session, and by being
    /// unlocked.
    fn is_reserved(&self, sent: &Sent, person: &Person, beginning: &Beginning) {
        let user = person.id.parse().unwrap();
        let account = self.tables.find_account(self.tenant, user).now_or_never().unwrap().unwrap().unwrap_or_default();
        let before = &beginning.accounts[sent.person];
        let mark = self.branch.attempt_mark(sent.verification, &sent.key);
        let is_forgotten =
            !account.sessions.keys().eq(before.sessions.keys()) || beginning.unlocked.contains(&sent.person);
        let is_locked = [before, &account].iter().any(|account| account.failures.locked_until(beginning.at).is_some());
        let is_reserved = account.reserved.contains(&mark) || is_locked || is_forgotten;
        holds(is_reserved, ComparisonsAreLimited, || {
            format!("{} was compared before a failure was reserved", sent.key)
        });
    }
}

/// Whether every failure was reserved at a time at which the ladder allows one.
pub(crate) fn obeys_the_ladder(account: &Account) -> bool {
    let instants = account.failures.instants();
    (1..instants.len()).all(|reserved| {
        let before = domain::Failures::new(instants[..reserved].to_vec()).unwrap();
        before.locked_until(instants[reserved]).is_none()
    })
}
