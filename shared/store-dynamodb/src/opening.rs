//! Opening a session in an account: alone, or as a part of completing a verification.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Account, MAX_SESSIONS, Session, SessionId};
use store::{OpenSession, SessionOpening, StoreError};

use crate::account::{
    FORGETTING_REMOVES, FORGETTING_SETS, KEY_VERSION, SESSIONS, forgetting, kept_from, other_session, parse,
};
use crate::call::{Update, contended};
use crate::change::Change;
use crate::item::{Item, TTL, count, number};
use crate::keys::{self, PK};
use crate::session::{self, revoking};
use crate::{DynamoStore, KnowsCore};

impl<T: KnowsCore> OpenSession for DynamoStore<T> {
    /// One conditional `UpdateItem`; a second one if there is no account, or if some of what must go is gone already. An SDK
    /// retry after a lost answer finds its own session.
    async fn open_session(&self, session: &Session, evicted: &[SessionId]) -> Result<SessionOpening, StoreError> {
        let operation = "OpenSession";
        let table = self.tables.core();
        let mut write = AccountWrite::new(session, evicted);
        for _ in 0..ROUNDS {
            let found = match self.update(operation, table, write.change()).await? {
                Update::Done(_) => return Ok(SessionOpening::Opened),
                Update::Refused(found) => found,
            };
            let found = found.map(|item| parse(operation, table, session.tenant, session.user, &item)).transpose()?;
            write = match write.refused(found) {
                Refusal::Again(write) => write,
                Refusal::Changed(account) => return Ok(SessionOpening::Changed(account)),
                Refusal::Superseded => return Ok(SessionOpening::Superseded),
                Refusal::Exists(existing) if is_same(&existing, session) => return Ok(SessionOpening::Opened),
                Refusal::Exists(_) => {
                    let key = keys::account(session.tenant, session.user);
                    return Err(other_session(operation, table, &key));
                }
            };
        }
        Err(contended(operation))
    }

    /// One conditional `UpdateItem`. An SDK retry after a lost answer is refused, which changes nothing.
    async fn withdraw_session(&self, session: &Session) -> Result<(), StoreError> {
        let change = revoking(keys::account(session.tenant, session.user), session.id, session.created_at);
        match self.update("OpenSession", self.tables.core(), change).await? {
            Update::Done(_) | Update::Refused(_) => Ok(()),
        }
    }
}

/// The account's part of a success: the session is stored, those that must go are removed, all failures are forgotten.
pub(crate) struct AccountWrite<'a> {
    session: &'a Session,
    evicted: BTreeSet<SessionId>,
    account: Expected,
}

/// Whether there is an account. There is: a failure was reserved in it before anything was compared.
enum Expected {
    Present,
    Absent,
}

/// What a refused account write comes to.
pub(crate) enum Refusal<'a> {
    /// This one fits.
    Again(AccountWrite<'a>),
    /// The account has this session of the same id.
    Exists(Box<Session>),
    /// Other sessions must go. This is the account.
    Changed(Box<Account>),
    /// The account does not admit the session's version of the factors any more.
    Superseded,
}

impl<'a> AccountWrite<'a> {
    /// The write that is expected to fit.
    pub(crate) fn new(session: &'a Session, evicted: &[SessionId]) -> Self {
        let evicted = evicted.iter().copied().filter(|id| *id != session.id).collect();
        Self { session, evicted, account: Expected::Present }
    }

    /// The write as a conditional change of the account's item.
    pub(crate) fn change(&self) -> Change {
        match self.account {
            Expected::Present => self.extending(),
            Expected::Absent => self.creating(),
        }
    }

    /// What to do after the write met this account.
    pub(crate) fn refused(self, found: Option<Account>) -> Refusal<'a> {
        let Some(found) = found else { return Refusal::Again(Self { account: Expected::Absent, ..self }) };
        if let Some(existing) = found.sessions.get(&self.session.id) {
            return Refusal::Exists(Box::new(existing.clone()));
        }
        if !found.admits(self.session.key_version) {
            return Refusal::Superseded;
        }
        let evicted: BTreeSet<SessionId> =
            self.evicted.into_iter().filter(|id| found.sessions.contains_key(id)).collect();
        if found.sessions.len() + 1 > MAX_SESSIONS + evicted.len() {
            return Refusal::Changed(Box::new(found));
        }
        Refusal::Again(Self { evicted, account: Expected::Present, ..self })
    }

    /// Every session that must go is there, no more than may be remain, and the factors are still those that open sessions.
    fn extending(&self) -> Change {
        let evicted: Vec<String> =
            (0..self.evicted.len()).map(|number| format!("#sessions.#evicted{number}")).collect();
        let removes = evicted.iter().map(|path| format!(", {path}"));
        let exist = evicted.iter().map(|path| format!(" AND attribute_exists({path})"));
        let update = format!(
            "SET #sessions.#session = :session, #ttl = :ttl, {FORGETTING_SETS} REMOVE {FORGETTING_REMOVES}{}",
            removes.collect::<String>()
        );
        let condition = format!(
            "attribute_exists(#pk) AND attribute_not_exists(#sessions.#session) AND size(#sessions) <= :room \
             AND (attribute_not_exists(#key_version) OR #key_version = :key_version){}",
            exist.collect::<String>()
        );
        let change = self
            .named(update)
            .only_if(condition)
            .name("#session", self.session.id.to_string())
            .name("#key_version", KEY_VERSION)
            .value(":key_version", number(self.session.key_version))
            .value(":session", session::value(self.session))
            .value(":room", count(MAX_SESSIONS - 1 + self.evicted.len()));
        let ids = self.evicted.iter().enumerate();
        ids.fold(change, |change, (number, id)| change.name(&format!("#evicted{number}"), id.to_string()))
    }

    fn creating(&self) -> Change {
        let sessions = Item::from([(self.session.id.to_string(), session::value(self.session))]);
        let update = format!("SET #sessions = :sessions, #ttl = :ttl, {FORGETTING_SETS} REMOVE {FORGETTING_REMOVES}");
        self.named(update).only_if("attribute_not_exists(#pk)").value(":sessions", AttributeValue::M(sessions))
    }

    fn named(&self, update: String) -> Change {
        let change = Change::new(keys::account(self.session.tenant, self.session.user), update)
            .name("#pk", PK)
            .name("#sessions", SESSIONS)
            .name("#ttl", TTL)
            .value(":ttl", kept_from(self.session.created_at));
        forgetting(change)
    }
}

/// Whether both are one session, whatever has become of it since: another execution of the attempt that opened it comes with
/// another time, and with the same family, which no refresh changes.
fn is_same(existing: &Session, session: &Session) -> bool {
    existing.family == session.family
}

/// One if the account is as the caller saw it, and one for each way in which it can have changed.
pub(crate) const ROUNDS: u32 = 4;
