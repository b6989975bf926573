//! The three tables, as `template.yaml` defines them.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};
use store_dynamodb::{AllTables, AuditTable, CoreTable, EphemeralTable};

/// The names that the tests give the tables.
pub(crate) const CORE: &str = "core";
pub(crate) const EPHEMERAL: &str = "ephemeral";
pub(crate) const AUDIT: &str = "audit";

/// The tables by their names.
pub(crate) fn tables() -> AllTables {
    AllTables { core: CoreTable::new(CORE), ephemeral: EphemeralTable::new(EPHEMERAL), audit: AuditTable::new(AUDIT) }
}

/// Creates all tables.
pub(crate) async fn create(client: &Client) {
    create_table(client, CORE, &["pk", "sk"]).await;
    create_table(client, EPHEMERAL, &["pk"]).await;
    create_table(client, AUDIT, &["pk", "sk"]).await;
    for table in [EPHEMERAL, AUDIT] {
        let ttl = TimeToLiveSpecification::builder().attribute_name("ttl").enabled(true).build().unwrap();
        client.update_time_to_live().table_name(table).time_to_live_specification(ttl).send().await.unwrap();
    }
}

async fn create_table(client: &Client, name: &str, keys: &[&str]) {
    let types = [KeyType::Hash, KeyType::Range];
    let schema = keys
        .iter()
        .zip(types)
        .map(|(key, kind)| KeySchemaElement::builder().attribute_name(*key).key_type(kind).build().unwrap());
    let attributes = keys.iter().map(|key| {
        AttributeDefinition::builder().attribute_name(*key).attribute_type(ScalarAttributeType::S).build().unwrap()
    });
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(schema.collect()))
        .set_attribute_definitions(Some(attributes.collect()))
        .send()
        .await
        .unwrap();
}
