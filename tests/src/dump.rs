//! What a thief of the tables has.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// Every name and value of every item, as bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dump(Vec<Vec<u8>>);

impl Dump {
    /// What these items hold.
    #[must_use]
    pub fn of(items: &[HashMap<String, AttributeValue>]) -> Self {
        let mut dump = Self::default();
        for item in items {
            dump.add_item(item);
        }
        dump.0.sort();
        dump
    }

    fn add_item(&mut self, item: &HashMap<String, AttributeValue>) {
        for (name, value) in item {
            self.0.push(name.clone().into_bytes());
            self.add_value(value);
        }
    }

    /// The values.
    #[must_use]
    pub fn values(&self) -> &[Vec<u8>] {
        &self.0
    }

    /// Whether some value holds these bytes.
    #[must_use]
    pub fn holds(&self, bytes: &[u8]) -> bool {
        self.0.iter().any(|value| value.windows(bytes.len()).any(|window| window == bytes))
    }

    /// How many values begin with this text.
    #[must_use]
    pub fn starting_with(&self, text: &str) -> usize {
        self.0.iter().filter(|value| value.starts_with(text.as_bytes())).count()
    }

    fn add_value(&mut self, value: &AttributeValue) {
        match value {
            AttributeValue::S(text) | AttributeValue::N(text) => self.0.push(text.clone().into_bytes()),
            AttributeValue::B(blob) => self.0.push(blob.as_ref().to_vec()),
            AttributeValue::M(item) => self.add_item(item),
            AttributeValue::L(values) => values.iter().for_each(|value| self.add_value(value)),
            AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => {
                self.0.extend(texts.iter().map(|text| text.clone().into_bytes()));
            }
            AttributeValue::Bs(blobs) => self.0.extend(blobs.iter().map(|blob| blob.as_ref().to_vec())),
            AttributeValue::Bool(_) | AttributeValue::Null(_) => {}
            other => panic!("an attribute of an unknown kind: {other:?}"),
        }
    }
}
