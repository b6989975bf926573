//! Item sizes by DynamoDB's rules (Developer Guide, "DynamoDB item sizes and formats").

use aws_sdk_dynamodb::types::AttributeValue;

use crate::item::Item;

/// The largest item that DynamoDB stores.
pub(crate) const MAX_ITEM_BYTES: usize = 400 * 1024;

/// How many bytes an item counts for.
pub(crate) fn item_bytes(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::B(blob) => blob.as_ref().len(),
        AttributeValue::N(digits) => number_bytes(digits),
        AttributeValue::M(map) => {
            3 + map.iter().map(|(name, value)| 1 + name.len() + value_bytes(value)).sum::<usize>()
        }
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + value_bytes(value)).sum::<usize>(),
        AttributeValue::Ss(set) => set.iter().map(String::len).sum(),
        AttributeValue::Ns(set) => set.iter().map(|digits| number_bytes(digits)).sum(),
        AttributeValue::Bs(set) => set.iter().map(|blob| blob.as_ref().len()).sum(),
        _ => 1,
    }
}

/// A byte for every two significant digits, and one more; another one for a sign.
fn number_bytes(digits: &str) -> usize {
    let unsigned = digits.trim_start_matches('-');
    let significant = unsigned.trim_matches('0').len();
    significant.div_ceil(2) + 1 + (digits.len() - unsigned.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::{bytes, number, text};

    #[test]
    fn sizes_follow_the_developer_guide() {
        let item = Item::from([
            ("pk".to_owned(), text("abc")),
            ("n".to_owned(), number(1_234)),
            ("b".to_owned(), bytes([0; 10])),
            ("m".to_owned(), AttributeValue::M([("k".to_owned(), text("v"))].into())),
        ]);

        assert_eq!(item_bytes(&item), (2 + 3) + (1 + 3) + (1 + 10) + (1 + 3 + 1 + 1 + 1));
    }
}
