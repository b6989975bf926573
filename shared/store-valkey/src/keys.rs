//! The keys of the cache. Each begins with a letter for its kind; all but counters' are bytes.
//!
//! | kind | key | value | kept for |
//! |---|---|---|---|
//! | verification | `v`, tenant, id | as in `layout.rs` | 15 minutes after its end |
//! | counter | `c`, the limit's key as text | as in `draw.lua` | until it is as good as unused |
//! | request | `r`, tenant, idempotency key | as in `begin.lua` | 20 minutes |
//! | enrollment | `e`, tenant, user | as in `enrollment.rs` | 60 seconds |

use std::fmt;

use domain::{CounterKey, IdempotencyKey, TenantId, UserId, VerificationId};

/// A key, as bytes for the cache and as text for errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) bytes: Vec<u8>,
    text: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

pub(crate) fn verification(tenant: TenantId, id: VerificationId) -> Key {
    let bytes = [b"v".as_slice(), tenant.as_bytes(), id.as_bytes()].concat();
    Key { bytes, text: format!("v/{tenant}/{id}") }
}

pub(crate) fn counter(key: &CounterKey) -> Key {
    let bytes = [b"c".as_slice(), key.as_str().as_bytes()].concat();
    Key { bytes, text: format!("c/{key}") }
}

pub(crate) fn request(tenant: TenantId, key: IdempotencyKey) -> Key {
    let bytes = [b"r".as_slice(), tenant.as_bytes(), key.as_bytes()].concat();
    Key { bytes, text: format!("r/{tenant}/{key}") }
}

pub(crate) fn enrollment(tenant: TenantId, user: UserId) -> Key {
    let bytes = [b"e".as_slice(), tenant.as_bytes(), user.as_bytes()].concat();
    Key { bytes, text: format!("e/{tenant}/{user}") }
}

#[cfg(test)]
mod tests {
    use domain::{LimitSubject, SourceAddress};

    use super::*;

    #[test]
    fn e3_what_belongs_to_a_tenant_begins_with_it() {
        let tenant = TenantId::from_keyed_bytes([1; 16]);
        let user = UserId::from_keyed_bytes([2; 16]);
        let request_key = "018f0000-0000-7000-8000-00000000000f".parse().unwrap();
        let source = SourceAddress::from_transport([198, 51, 100, 7].into());

        for key in [
            verification(tenant, VerificationId::from_keyed_bytes([3; 16])),
            request(tenant, request_key),
            enrollment(tenant, user),
        ] {
            assert_eq!(key.bytes.get(1..17), Some(tenant.as_bytes().as_slice()), "{key}");
        }
        for subject in
            [LimitSubject::Tenant(tenant), LimitSubject::Source(tenant, source), LimitSubject::User(tenant, user)]
        {
            let key = counter(&CounterKey::new("limit", subject));

            assert!(key.bytes.starts_with(format!("ct/{tenant}/").as_bytes()), "{key}");
        }
    }
}
