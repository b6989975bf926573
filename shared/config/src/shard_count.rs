//! How many shards the audit log has.

use crate::setting::Setting;

/// 1 to 64. Each shard is a chain of its own, which one writer at a time extends; an event's id says which shard it belongs to.
///
/// Every function of a deployment has the same count, and it never changes once there is a log: an event that was sent twice would
/// be logged in two shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardCount(u16);

impl ShardCount {
    /// The count.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl Setting for ShardCount {
    const EXPECTED: &'static str = "a number of shards from 1 to 64";

    fn default() -> Option<Self> {
        Some(Self(4))
    }

    fn parse(unverified_text: &str) -> Option<Self> {
        let is_plain = unverified_text.bytes().all(|byte| byte.is_ascii_digit()) && !unverified_text.starts_with('0');
        let count = unverified_text.parse().ok().filter(|count| is_plain && (1..=64).contains(count))?;
        Some(Self(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_1_to_64_shards_and_4_by_default() {
        for (text, count) in [("1", 1), ("4", 4), ("64", 64)] {
            assert_eq!(ShardCount::parse(text).map(ShardCount::get), Some(count));
        }
        for text in ["", "0", "65", "-1", "+4", "04", "4.0", "4 ", "four", "65540"] {
            assert_eq!(ShardCount::parse(text), None, "{text}");
        }
        assert_eq!(<ShardCount as Setting>::default().map(ShardCount::get), Some(4));
    }
}
