//! The three tables in the embedded DynamoDB.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, PutRequest, ReturnValue,
    ScalarAttributeType, WriteRequest,
};
use aws_types::SdkConfig;
use domain::{TenantId, UserId};
use dynoxide::Database;
use store_dynamodb::{AllTables, AuditTable, CoreTable, DynamoStore, EphemeralTable};
use tokio::net::TcpListener;

use crate::Dump;

/// A running engine with empty tables. It ends with the runtime that it was started in.
#[derive(Debug, Clone)]
pub struct Embedded {
    /// The store on it.
    pub store: DynamoStore<AllTables>,
    /// Where it answers.
    pub address: String,
    client: Client,
}

impl Embedded {
    /// Starts an engine on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(dynoxide::server::serve_on(listener, Database::memory().unwrap()));
        let config = config(&address);
        let client = Client::new(&config);
        for (name, keys) in TABLES {
            create_table(&client, name, keys).await;
        }
        let [(core, _), (ephemeral, _), (audit, _)] = TABLES;
        let tables = AllTables {
            core: CoreTable::new(core),
            ephemeral: EphemeralTable::new(ephemeral),
            audit: AuditTable::new(audit),
        };
        Self { store: DynamoStore::new(&config, tables), address, client }
    }

    /// Destroys a person's enrollment, and with it the only copy of their key.
    pub async fn erase(&self, tenant: TenantId, user: UserId) {
        self.remove_of_user(tenant, user, "enrollment").await;
    }

    /// Removes a person's account, and with it that factors were rotated or the person erased.
    pub async fn forget_account(&self, tenant: TenantId, user: UserId) {
        self.remove_of_user(tenant, user, "account").await;
    }

    async fn remove_of_user(&self, tenant: TenantId, user: UserId, item: &str) {
        let [(core, _), ..] = TABLES;
        let removed = self.client.delete_item().table_name(core).set_key(Some(key(tenant, user, item)));
        let removed = removed.return_values(ReturnValue::AllOld).send().await.unwrap();
        assert!(removed.attributes.is_some(), "an {item} to remove");
    }

    /// Gives a person's account, sessions and all, to others, too.
    pub async fn copy_account(&self, tenant: TenantId, of: UserId, to: &[UserId]) {
        let [(core, _), ..] = TABLES;
        let account = self.client.get_item().table_name(core).set_key(Some(key(tenant, of, "account")));
        let account = account.send().await.unwrap().item.unwrap();
        for users in to.chunks(25) {
            let puts = users.iter().map(|user| {
                let item = account.clone().into_iter().chain(key(tenant, *user, "account")).collect();
                let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
                WriteRequest::builder().put_request(put).build()
            });
            let written = self.client.batch_write_item().request_items(core, puts.collect()).send().await.unwrap();
            assert!(written.unprocessed_items().is_none_or(HashMap::is_empty));
        }
    }

    /// Everything that the tables hold.
    pub async fn dump(&self) -> Dump {
        self.dump_of(&TABLES.map(|(name, _)| name)).await
    }

    /// Everything that these tables hold, but for when API keys were used last: any request may note that.
    #[expect(clippy::disallowed_methods, reason = "a thief of the tables scans them")]
    pub async fn dump_of(&self, tables: &[&str]) -> Dump {
        let mut items = Vec::new();
        for name in tables {
            let page = self.client.scan().table_name(*name).send().await.unwrap();
            assert!(page.last_evaluated_key.is_none(), "{name} fits one page");
            items.extend(page.items().iter().cloned().map(|mut item| {
                item.remove("used");
                item
            }));
        }
        Dump::of(&items)
    }
}

fn key(tenant: TenantId, user: UserId, sk: &str) -> HashMap<String, AttributeValue> {
    let key = [("pk", format!("t/{tenant}/u/{user}")), ("sk", sk.to_owned())];
    key.map(|(name, value)| (name.to_owned(), AttributeValue::S(value))).into()
}

fn config(address: &str) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "tests");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(address)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

async fn create_table(client: &Client, name: &str, keys: &[&str]) {
    let schema = keys.iter().zip([KeyType::Hash, KeyType::Range]);
    let schema = schema.map(|(key, kind)| KeySchemaElement::builder().attribute_name(*key).key_type(kind).build());
    let attributes = keys
        .iter()
        .map(|key| AttributeDefinition::builder().attribute_name(*key).attribute_type(ScalarAttributeType::S).build());
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(schema.map(Result::unwrap).collect()))
        .set_attribute_definitions(Some(attributes.map(Result::unwrap).collect()))
        .send()
        .await
        .unwrap();
}

/// The tables by their names, with their keys.
const TABLES: [(&str, &[&str]); 3] = [("core", &["pk", "sk"]), ("ephemeral", &["pk"]), ("audit", &["pk", "sk"])];
