//! Every key there is. `docs/DATA_MODEL.md` repeats this table, held equal by a test.
//!
//! | table | item | pk | sk |
//! |---|---|---|---|
//! | core | enrollment | `t/018f0000-0000-7000-8000-00000000000a/u/018f0000-0000-7000-8000-00000000000b` | `enrollment` |
//! | core | tombstone | `t/018f0000-0000-7000-8000-00000000000a/u/018f0000-0000-7000-8000-00000000000b` | `enrollment` |
//! | core | account | `t/018f0000-0000-7000-8000-00000000000a/u/018f0000-0000-7000-8000-00000000000b` | `account` |
//! | core | session epoch | `t/018f0000-0000-7000-8000-00000000000a/session-epoch/11` | `session-epoch` |
//! | core | branch key | `t/018f0000-0000-7000-8000-00000000000a/branch-key` | `v/7` |
//! | core | newest branch key | `t/018f0000-0000-7000-8000-00000000000a/branch-key` | `newest` |
//! | core | registered branch key | `branch-keys/10` | `018f0000-0000-7000-8000-00000000000a` |
//! | core | API key | `api-key/abababababababababababababababababababababababababababababababab` | `api-key` |
//! | core | listed API key | `t/018f0000-0000-7000-8000-00000000000a/api-keys` | `abababababababab` |
//! | core | signing key | `signing-keys` | `kid-1` |
//! | core | listing | `listings` | `network/198.51.100.0/24` |
//! | core | outbox event | `outbox/14` | `018f0000-0000-7000-8000-00000000000e` |
//! | ephemeral | verification | `t/018f0000-0000-7000-8000-00000000000a/v/018f0000-0000-7000-8000-00000000000d` | |
//! | ephemeral | request | `t/018f0000-0000-7000-8000-00000000000a/i/018f0000-0000-7000-8000-00000000000f` | |
//! | ephemeral | counter | `t/018f0000-0000-7000-8000-00000000000a/l/user/018f0000-0000-7000-8000-00000000000b` | |
//! | audit | event by subject | `t/018f0000-0000-7000-8000-00000000000a/s/cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd` | `018f0000-0000-7000-8000-00000000000e` |
//! | audit | event by time | `t/018f0000-0000-7000-8000-00000000000a/h/2026-11-01T00/6` | `1793491234567/018f0000-0000-7000-8000-00000000000e` |
//! | audit | log head | `log/3` | `head` |
//!
//! All that belongs to a tenant begins with it, so that no id of one tenant ever names an item of another. API keys are found
//! before the tenant is known, and listed under it besides. Signing keys, the register of branch keys, listings and the counters of
//! everybody together are the deployment's own.
//! Signing and branch keys are read about once in five minutes by each process, listings once a minute, so that their
//! small partitions stay cold; the counters of everybody are sharded and leased. The outbox is written to only while the queue is
//! down, and then in 16 parts; a tenant's events of one hour are in 8, which take 8,000 a second; a head is written a few times for
//! each batch.

use std::collections::HashMap;
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    ApiKeyId, BranchKeyVersion, CounterKey, EventId, IdempotencyKey, KeyId, ListedSubject, SecretHash, TenantId,
    UserId, VerificationId,
};
use jiff::Timestamp;
use store::{EventKey, outbox_part, register_part};

/// The primary key of one item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: Option<String>,
}

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: Some(sk.into()) }
    }

    /// The key as the attributes of an item.
    pub(crate) fn to_attributes(&self) -> HashMap<String, AttributeValue> {
        let sk = self.sk.iter().map(|sk| (SK.to_owned(), AttributeValue::S(sk.clone())));
        [(PK.to_owned(), AttributeValue::S(self.pk.clone()))].into_iter().chain(sk).collect()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.sk {
            Some(sk) => write!(f, "{}, {sk}", self.pk),
            None => f.write_str(&self.pk),
        }
    }
}

/// The partition key's attribute in every table.
pub(crate) const PK: &str = "pk";

/// The sort key's attribute in the core and audit tables.
pub(crate) const SK: &str = "sk";

/// A user's enrollment, or the tombstone that took its place.
pub(crate) fn enrollment(tenant: TenantId, user: UserId) -> Key {
    Key::new(user_partition(tenant, user), "enrollment")
}

/// A user's account.
pub(crate) fn account(tenant: TenantId, user: UserId) -> Key {
    Key::new(user_partition(tenant, user), "account")
}

/// One copy of the epoch of a tenant's sessions.
pub(crate) fn session_epoch(tenant: TenantId, copy: u8) -> Key {
    Key::new(format!("t/{tenant}/session-epoch/{copy}"), "session-epoch")
}

/// One version of a tenant's branch key.
pub(crate) fn branch_key(tenant: TenantId, version: BranchKeyVersion) -> Key {
    Key::new(branch_key_partition(tenant), format!("v/{}", version.number()))
}

/// The copy of a tenant's newest branch key, so that finding it is one read.
pub(crate) fn newest_branch_key(tenant: TenantId) -> Key {
    Key::new(branch_key_partition(tenant), "newest")
}

/// A tenant's line in the register of branch keys.
pub(crate) fn registered_branch_key(tenant: TenantId) -> Key {
    Key::new(register(register_part(tenant)), tenant.to_string())
}

/// One part of the register of branch keys.
pub(crate) fn register(part: u8) -> String {
    format!("branch-keys/{part}")
}

/// The API key of this hash.
pub(crate) fn api_key(hash: SecretHash) -> Key {
    Key::new(format!("api-key/{}", hex::encode(hash.as_bytes())), "api-key")
}

/// The entry of an API key in its tenant's list.
pub(crate) fn listed_api_key(tenant: TenantId, id: ApiKeyId) -> Key {
    Key::new(listed_api_keys(tenant), id.to_string())
}

/// The partition of a tenant's list of API keys.
pub(crate) fn listed_api_keys(tenant: TenantId) -> String {
    format!("t/{tenant}/api-keys")
}

/// One signing key.
pub(crate) fn signing_key(id: &KeyId) -> Key {
    Key::new(SIGNING_KEYS.to_owned(), id.as_str())
}

/// The partition of all signing keys.
pub(crate) const SIGNING_KEYS: &str = "signing-keys";

/// One entry of the operator's list. A network has one spelling: that of its first address.
pub(crate) fn listing(subject: &ListedSubject) -> Key {
    let subject = match *subject {
        ListedSubject::Network(network) => ListedSubject::Network(network.trunc()),
        other => other,
    };
    Key::new(LISTINGS.to_owned(), subject.to_string())
}

/// The partition of the operator's list.
pub(crate) const LISTINGS: &str = "listings";

/// One verification.
pub(crate) fn verification(tenant: TenantId, verification: VerificationId) -> Key {
    Key { pk: format!("t/{tenant}/v/{verification}"), sk: None }
}

/// One request under its idempotency key.
pub(crate) fn request(tenant: TenantId, key: IdempotencyKey) -> Key {
    Key { pk: format!("t/{tenant}/i/{key}"), sk: None }
}

/// One counter.
pub(crate) fn counter(key: &CounterKey) -> Key {
    Key { pk: key.as_str().to_owned(), sk: None }
}

/// One event in the outbox.
pub(crate) fn outbox_event(event: EventId) -> Key {
    Key::new(outbox(outbox_part(event)), event.to_string())
}

/// One part of the outbox.
pub(crate) fn outbox(part: u8) -> String {
    format!("outbox/{part}")
}

/// One audit event under its subject.
pub(crate) fn event_by_subject(event: &EventKey) -> Key {
    Key::new(events_of_subject(event.tenant, event.subject), event.id.to_string())
}

/// The partition of a subject's audit events; event ids begin with their time.
pub(crate) fn events_of_subject(tenant: TenantId, subject: [u8; 16]) -> String {
    format!("t/{tenant}/s/{}", hex::encode(subject))
}

/// One audit event under its time.
pub(crate) fn event_by_time(tenant: TenantId, at: Timestamp, event: EventId) -> Key {
    let part = event.as_bytes().last().copied().unwrap_or_default() % HOUR_PARTS;
    Key::new(events_of_hour(tenant, at, part), format!("{}/{event}", millis(at)))
}

/// One part of the audit events of the hour of `at`.
pub(crate) fn events_of_hour(tenant: TenantId, at: Timestamp, part: u8) -> String {
    format!("t/{tenant}/h/{}/{part}", in_key(at).strftime("%Y-%m-%dT%H"))
}

/// An instant's milliseconds as 13 digits, which sort as the instants do.
pub(crate) fn millis(at: Timestamp) -> String {
    format!("{:013}", in_key(at).as_millisecond())
}

/// An instant as keys have it: those before 1970 and after the 13th digit, which no event has, at its ends.
pub(crate) fn in_key(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond().clamp(0, 9_999_999_999_999)).unwrap_or(at)
}

/// How many parts an hour's events are in.
pub(crate) const HOUR_PARTS: u8 = 8;

/// The head of a shard of the audit log.
pub(crate) fn log_head(shard: u16) -> Key {
    Key::new(format!("log/{shard}"), "head")
}

fn user_partition(tenant: TenantId, user: UserId) -> String {
    format!("t/{tenant}/u/{user}")
}

fn branch_key_partition(tenant: TenantId) -> String {
    format!("t/{tenant}/branch-key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_one_spelling() {
        let spelled = ListedSubject::Network("198.51.100.7/24".parse().unwrap());

        assert_eq!(listing(&spelled).to_string(), "listings, network/198.51.100.0/24");
    }

    #[test]
    fn keys_of_instants_sort_as_the_instants_do() {
        let instants =
            ["-009999-01-02T01:59:59Z", "1970-01-01T00:00:00Z", "2001-09-09T01:46:39.999Z", "2001-09-09T01:46:40Z"];
        let instants = instants.map(|text| text.parse().unwrap()).into_iter().chain([Timestamp::MAX]);

        let keys: Vec<String> = instants.map(millis).collect();

        assert!(keys.is_sorted() && keys.iter().all(|key| key.len() == 13), "{keys:?}");
    }
}
