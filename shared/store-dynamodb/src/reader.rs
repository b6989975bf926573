//! Reading items: strictly, and naming the place of what is wrong but never its value.

use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Sealed;
use jiff::Timestamp;
use store::{StoreError, StoreErrorKind};

use crate::error::CorruptItem;
use crate::item::Item;
use crate::keys::Key;

/// One item being read. Attributes that nobody asks for are ignored, so that a newer version may add some.
pub(crate) struct Reader<'a> {
    pub(crate) operation: &'static str,
    pub(crate) table: &'a str,
    pub(crate) key: &'a Key,
    pub(crate) item: &'a Item,
}

impl Reader<'_> {
    /// The error that says the item is impossible because of `attribute`.
    pub(crate) fn corrupt(&self, attribute: &'static str) -> StoreError {
        corrupt(self.operation, self.table, self.key, attribute)
    }

    /// A string in a value's text form.
    pub(crate) fn text<V: FromStr>(&self, name: &'static str) -> Result<V, StoreError> {
        self.optional_text(name)?.ok_or_else(|| self.corrupt(name))
    }

    /// A string in a value's text form, or nothing.
    pub(crate) fn optional_text<V: FromStr>(&self, name: &'static str) -> Result<Option<V>, StoreError> {
        let parse = |value: &AttributeValue| value.as_s().ok()?.parse().ok();
        self.item.get(name).map(|value| parse(value).ok_or_else(|| self.corrupt(name))).transpose()
    }

    /// A whole number.
    pub(crate) fn number<V: FromStr>(&self, name: &'static str) -> Result<V, StoreError> {
        self.optional_number(name)?.ok_or_else(|| self.corrupt(name))
    }

    /// A whole number, or nothing.
    pub(crate) fn optional_number<V: FromStr>(&self, name: &'static str) -> Result<Option<V>, StoreError> {
        let parse = |value: &AttributeValue| value.as_n().ok()?.parse().ok();
        self.item.get(name).map(|value| parse(value).ok_or_else(|| self.corrupt(name))).transpose()
    }

    /// Whether there is an attribute that is never stored but as true.
    pub(crate) fn flag(&self, name: &'static str) -> Result<bool, StoreError> {
        match self.item.get(name) {
            None => Ok(false),
            Some(AttributeValue::Bool(true)) => Ok(true),
            Some(_) => Err(self.corrupt(name)),
        }
    }

    /// An instant.
    pub(crate) fn instant(&self, name: &'static str) -> Result<Timestamp, StoreError> {
        self.optional_instant(name)?.ok_or_else(|| self.corrupt(name))
    }

    /// An instant, or nothing.
    pub(crate) fn optional_instant(&self, name: &'static str) -> Result<Option<Timestamp>, StoreError> {
        let parse = |millis| Timestamp::from_millisecond(millis).map_err(|_| self.corrupt(name));
        self.optional_number(name)?.map(parse).transpose()
    }

    /// Bytes, at least one.
    pub(crate) fn bytes(&self, name: &'static str) -> Result<Vec<u8>, StoreError> {
        self.optional_bytes(name)?.ok_or_else(|| self.corrupt(name))
    }

    /// Bytes, at least one, or nothing.
    pub(crate) fn optional_bytes(&self, name: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        let parse = |value: &AttributeValue| {
            value.as_b().ok().map(|blob| blob.as_ref().to_vec()).filter(|bytes| !bytes.is_empty())
        };
        self.item.get(name).map(|value| parse(value).ok_or_else(|| self.corrupt(name))).transpose()
    }

    /// Exactly `N` bytes.
    pub(crate) fn array<const N: usize>(&self, name: &'static str) -> Result<[u8; N], StoreError> {
        self.optional_array(name)?.ok_or_else(|| self.corrupt(name))
    }

    /// Exactly `N` bytes, or nothing.
    pub(crate) fn optional_array<const N: usize>(&self, name: &'static str) -> Result<Option<[u8; N]>, StoreError> {
        let sized = |bytes: Vec<u8>| bytes.try_into().map_err(|_| self.corrupt(name));
        self.optional_bytes(name)?.map(sized).transpose()
    }

    /// Ciphertext.
    pub(crate) fn sealed(&self, name: &'static str) -> Result<Sealed, StoreError> {
        self.bytes(name).map(Sealed::new)
    }

    /// Ciphertext, or nothing.
    pub(crate) fn optional_sealed(&self, name: &'static str) -> Result<Option<Sealed>, StoreError> {
        Ok(self.optional_bytes(name)?.map(Sealed::new))
    }

    /// A map.
    pub(crate) fn map(&self, name: &'static str) -> Result<&Item, StoreError> {
        self.item.get(name).and_then(|value| value.as_m().ok()).ok_or_else(|| self.corrupt(name))
    }

    /// A list.
    pub(crate) fn list(&self, name: &'static str) -> Result<&[AttributeValue], StoreError> {
        let list = self.item.get(name).and_then(|value| value.as_l().ok());
        list.map(Vec::as_slice).ok_or_else(|| self.corrupt(name))
    }

    /// The reader of the map that is this attribute.
    pub(crate) fn inside_map(&self, name: &'static str) -> Result<Reader<'_>, StoreError> {
        let value = self.item.get(name).ok_or_else(|| self.corrupt(name))?;
        self.inside(name, value)
    }

    /// The reader of a map inside this item's attribute.
    pub(crate) fn inside<'b>(
        &'b self,
        name: &'static str,
        value: &'b AttributeValue,
    ) -> Result<Reader<'b>, StoreError> {
        let item = value.as_m().map_err(|_| self.corrupt(name))?;
        Ok(Reader { operation: self.operation, table: self.table, key: self.key, item })
    }
}

/// The error that says an item is impossible because of `attribute`.
pub(crate) fn corrupt(operation: &'static str, table: &str, key: &Key, attribute: &'static str) -> StoreError {
    let item = CorruptItem { table: table.to_owned(), key: key.to_string(), attribute };
    StoreError::new(StoreErrorKind::Corrupt, operation, item)
}
