//! Verifications: one item each in the ephemeral table, opened and read here; attempts are claimed in `claim.rs`.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    AttemptState, BranchKeyVersion, RequestFingerprint, SessionSeed, TenantId, TransactionHash, Verification,
    VerificationId, Verified,
};
use store::{FindVerification, OpenVerification, Opening, StoreError};

use crate::attempt::{attempts, attempts_value};
use crate::call::Put;
use crate::item::{Item, ItemBuilder, TTL, bytes, instant, number, text, time_to_live};
use crate::keys;
use crate::reader::Reader;
use crate::{DynamoStore, KnowsEphemeral};

impl<T: KnowsEphemeral> OpenVerification for DynamoStore<T> {
    /// One conditional `PutItem`. An SDK retry after a lost answer finds its own item: the caller recognises it by the
    /// request fingerprint.
    async fn open_verification(&self, verification: &Verification) -> Result<Opening, StoreError> {
        let operation = "OpenVerification";
        let table = self.tables.ephemeral();

        match self.put_new(operation, table, item(verification)).await? {
            Put::Stored => Ok(Opening::Opened),
            Put::Exists(existing) => {
                let existing = parse(operation, table, verification.tenant, verification.id, &existing)?;
                Ok(Opening::AlreadyOpened(Box::new(existing)))
            }
        }
    }
}

impl<T: KnowsEphemeral> FindVerification for DynamoStore<T> {
    async fn find_verification(
        &self,
        tenant: TenantId,
        id: VerificationId,
    ) -> Result<Option<Verification>, StoreError> {
        let operation = "FindVerification";
        let table = self.tables.ephemeral();

        let item = self.read(operation, table, &keys::verification(tenant, id)).await?;
        item.map(|item| parse(operation, table, tenant, id, &item)).transpose()
    }
}

pub(crate) fn item(verification: &Verification) -> Item {
    ItemBuilder::new(&keys::verification(verification.tenant, verification.id))
        .with(USER, text(&verification.user))
        .with(ASKED, text(&verification.asked))
        .with(KEY_VERSION, number(verification.key_version))
        .with(BRANCH_KEY_VERSION, number(verification.branch_key_version.number()))
        .with(SEED, bytes(verification.seed.as_bytes().as_slice()))
        .with_optional(TURNS, (verification.further_turns > 0).then(|| number(verification.further_turns.into())))
        .with_optional(TRANSACTION, verification.transaction.map(|hash| bytes(hash.as_bytes().as_slice())))
        .with(CREATED, instant(verification.created_at))
        .with(EXPIRES, instant(verification.expires_at))
        .with(ATTEMPTS, attempts_value(&verification.attempts))
        .with_optional(VERIFIED, verification.verified.as_ref().map(verified_value))
        .with(REQUEST_KEY, text(&verification.request.key))
        .with(REQUEST_BODY, bytes(verification.request.body))
        .with(TTL, time_to_live(verification.expires_at, KEPT_AFTER_EXPIRY))
        .build()
}

/// Reads a verification, and refuses one that no transition leads to: more attempts than allowed, an end before its
/// beginning, a success after its end, or one without exactly one right attempt.
pub(crate) fn parse(
    operation: &'static str,
    table: &str,
    tenant: TenantId,
    id: VerificationId,
    item: &Item,
) -> Result<Verification, StoreError> {
    let reader = Reader { operation, table, key: &keys::verification(tenant, id), item };
    let verification = Verification {
        tenant,
        id,
        user: reader.text(USER)?,
        asked: reader.text(ASKED)?,
        key_version: reader.number(KEY_VERSION)?,
        branch_key_version: BranchKeyVersion::new(reader.number(BRANCH_KEY_VERSION)?)
            .ok_or_else(|| reader.corrupt(BRANCH_KEY_VERSION))?,
        seed: SessionSeed::new(reader.array(SEED)?),
        further_turns: reader.optional_number(TURNS)?.unwrap_or_default(),
        transaction: reader.optional_array(TRANSACTION)?.map(TransactionHash::new),
        created_at: reader.instant(CREATED)?,
        expires_at: reader.instant(EXPIRES)?,
        attempts: attempts(&reader)?,
        verified: verified(&reader)?,
        request: RequestFingerprint { key: reader.text(REQUEST_KEY)?, body: reader.array(REQUEST_BODY)? },
    };
    if verification.expires_at <= verification.created_at {
        return Err(reader.corrupt(EXPIRES));
    }
    if verification.verified.as_ref().is_some_and(|verified| verified.at >= verification.expires_at) {
        return Err(reader.corrupt(VERIFIED));
    }
    let right = verification.attempts.values().filter(|attempt| attempt.state == AttemptState::Right).count();
    if right != usize::from(verification.verified.is_some()) {
        return Err(reader.corrupt(ATTEMPTS));
    }
    Ok(verification)
}

/// A success as an attribute.
pub(crate) fn verified_value(verified: &Verified) -> AttributeValue {
    AttributeValue::M(Item::from([
        (AT.to_owned(), instant(verified.at)),
        (SESSION.to_owned(), text(&verified.session)),
        (ANSWER.to_owned(), bytes(verified.answer.as_bytes())),
    ]))
}

fn verified(reader: &Reader<'_>) -> Result<Option<Verified>, StoreError> {
    let Some(value) = reader.item.get(VERIFIED) else { return Ok(None) };
    let inside = reader.inside(VERIFIED, value)?;
    let (at, session, answer) = (inside.instant(AT)?, inside.text(SESSION)?, inside.sealed(ANSWER)?);
    Ok(Some(Verified { at, session, answer }))
}

const USER: &str = "user";
pub(crate) const ASKED: &str = "asked";
const KEY_VERSION: &str = "key_version";
const BRANCH_KEY_VERSION: &str = "branch";
const SEED: &str = "seed";
const TURNS: &str = "turns";
const TRANSACTION: &str = "txn";
const CREATED: &str = "created";
pub(crate) const EXPIRES: &str = "expires";
pub(crate) const ATTEMPTS: &str = "attempts";
pub(crate) const VERIFIED: &str = "verified";
const AT: &str = "at";
const SESSION: &str = "session";
const ANSWER: &str = "answer";
const REQUEST_KEY: &str = "req_key";
const REQUEST_BODY: &str = "req_body";

/// How long an expired verification can still be read. Longer than any idempotency key that could open or attempt it is
/// accepted: such a key is refused at the latest two windows of 5 minutes after its request, which is 5 minutes after the
/// verification's 5 have passed.
const KEPT_AFTER_EXPIRY: Duration = Duration::from_secs(900);
