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
