//! A change of one item: what is set and removed, and the condition under which it is. The same words serve a call of its
//! own and a part of a transaction.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update as TransactUpdate,
};

use crate::keys::Key;

/// A change under construction. Expressions name attributes by `#…` and values by `:…`.
pub(crate) struct Change {
    key: Key,
    update: Option<String>,
    condition: Option<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Change {
    /// A change of the item of this key.
    pub(crate) fn new(key: Key, update: impl Into<String>) -> Self {
        Self { update: Some(update.into()), ..Self::removal(key) }
    }

    /// The removal of the item of this key.
    pub(crate) fn removal(key: Key) -> Self {
        Self { key, update: None, condition: None, names: HashMap::new(), values: HashMap::new() }
    }

    /// Made only if this holds.
    pub(crate) fn only_if(mut self, condition: impl Into<String>) -> Self {
        self.condition = Some(condition.into());
        self
    }

    /// What a `#…` stands for.
    pub(crate) fn name(mut self, placeholder: &str, attribute: impl Into<String>) -> Self {
        self.names.insert(placeholder.to_owned(), attribute.into());
        self
    }

    /// What a `:…` stands for.
    pub(crate) fn value(mut self, placeholder: &str, value: AttributeValue) -> Self {
        self.values.insert(placeholder.to_owned(), value);
        self
    }

    /// The change as a call of its own.
    pub(crate) fn of_one_item(self, request: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        request
            .set_key(Some(self.key.to_attributes()))
            .set_update_expression(self.update)
            .set_condition_expression(self.condition)
            .set_expression_attribute_names(unless_empty(self.names))
            .set_expression_attribute_values(unless_empty(self.values))
    }

    /// The removal as a call of its own.
    pub(crate) fn of_removal(self, request: DeleteItemFluentBuilder) -> DeleteItemFluentBuilder {
        request
            .set_key(Some(self.key.to_attributes()))
            .set_condition_expression(self.condition)
            .set_expression_attribute_names(unless_empty(self.names))
            .set_expression_attribute_values(unless_empty(self.values))
    }

    /// The change or removal as a part of a transaction; a refusal brings the old item along.
    pub(crate) fn in_transaction(self, table: &str) -> Result<TransactWriteItem, BuildError> {
        let write = TransactWriteItem::builder();
        let Some(update) = self.update else {
            let delete = Delete::builder()
                .table_name(table)
                .set_key(Some(self.key.to_attributes()))
                .set_condition_expression(self.condition)
                .set_expression_attribute_names(unless_empty(self.names))
                .set_expression_attribute_values(unless_empty(self.values))
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            return Ok(write.delete(delete.build()?).build());
        };
        let update = TransactUpdate::builder()
            .table_name(table)
            .set_key(Some(self.key.to_attributes()))
            .update_expression(update)
            .set_condition_expression(self.condition)
            .set_expression_attribute_names(unless_empty(self.names))
            .set_expression_attribute_values(unless_empty(self.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(write.update(update.build()?).build())
    }
}

/// DynamoDB takes no empty map of names or values.
fn unless_empty<V>(map: HashMap<String, V>) -> Option<HashMap<String, V>> {
    (!map.is_empty()).then_some(map)
}
