//! Building items.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::keys::Key;

/// An item as the SDK carries it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// An item under construction.
pub(crate) struct ItemBuilder(Item);

impl ItemBuilder {
    /// An item of nothing but its key.
    pub(crate) fn new(key: &Key) -> Self {
        Self(key.to_attributes())
    }

    /// Sets an attribute.
    pub(crate) fn with(mut self, name: &str, value: AttributeValue) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// Sets an attribute if there is a value for it.
    pub(crate) fn with_optional(self, name: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The item.
    pub(crate) fn build(self) -> Item {
        self.0
    }
}

/// A string attribute in a value's text form.
pub(crate) fn text(value: &(impl ToString + ?Sized)) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

/// A number attribute.
pub(crate) fn number(value: u32) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A number attribute that may be large.
pub(crate) fn whole_number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A number attribute of how many there are.
pub(crate) fn count(number: usize) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A binary attribute.
pub(crate) fn bytes(value: impl Into<Vec<u8>>) -> AttributeValue {
    AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(value))
}

/// The instant as it is kept: in whole milliseconds.
pub(crate) fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// The instant that is `earlier` before this one.
pub(crate) fn before(at: Timestamp, earlier: Duration) -> Timestamp {
    at.saturating_sub(earlier).unwrap_or(Timestamp::MIN)
}

/// An instant as the number of milliseconds since 1970; what is finer is cut off.
pub(crate) fn instant(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.as_millisecond().to_string())
}

/// When DynamoDB may delete an item that nobody reads after `at`: in whole seconds since 1970, as it wants them, `kept`
/// later and rounded up. Deletion is housekeeping and may be days late; no answer depends on it.
///
/// ```text
/// expires_at            expires_at + kept      ttl ≥ that       up to 48 h later
/// open ┼ read as expired ┼───────────────────── ┼ may be deleted ┼ gone
/// ```
pub(crate) fn time_to_live(at: Timestamp, kept: Duration) -> AttributeValue {
    let kept = i64::try_from(kept.as_secs()).unwrap_or(i64::MAX);
    AttributeValue::N(at.as_second().saturating_add(1).saturating_add(kept).to_string())
}

/// The attribute that DynamoDB deletes by.
pub(crate) const TTL: &str = "ttl";
