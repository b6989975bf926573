//! Worlds on Valkey: a cache in front of embedded DynamoDB, with the world's virtual time.

use std::collections::BTreeMap;

use aws_types::SdkConfig;
use config::CacheSettings;
use countersign_tests::{Embedded, ValkeyEngine, World};
use store_dynamodb::{AllTables, DynamoStore};
use store_valkey::{ScriptTime, Tiered, ValkeyStore};

/// A server that worlds of one test use one after another.
pub(crate) struct Valkey(ValkeyEngine);

impl Valkey {
    /// Starts a server.
    pub(crate) async fn start() -> Self {
        Self(ValkeyEngine::start().await)
    }

    /// A new world on an empty cache and empty tables.
    pub(crate) async fn world(&self) -> World<Tiered<DynamoStore<AllTables>>> {
        self.world_on(&Embedded::start().await).await
    }

    /// A new world on an empty cache and these empty tables.
    pub(crate) async fn world_on(&self, tables: &Embedded) -> World<Tiered<DynamoStore<AllTables>>> {
        for server in self.0.servers() {
            server.command("FLUSHALL");
        }
        // A machine that is busy with other tests is no outage.
        let settings = format!("{}?deadline_milliseconds=1000", self.0.url());
        let Ok(CacheSettings::Cache(cache)) = settings.parse() else { panic!("no cache: {settings}") };
        let cache = ValkeyStore::start(&cache, &SdkConfig::builder().build()).await.unwrap();
        World::on(Tiered::new(tables.store.clone(), cache.with_time(ScriptTime::Request))).await
    }

    /// Every key and value of the cache.
    pub(crate) fn dump(&self) -> Vec<Vec<u8>> {
        self.0.dump().into_iter().flat_map(|(key, value)| [key, value]).collect()
    }

    /// How often each command of the ports was called so far.
    pub(crate) fn calls(&self) -> BTreeMap<String, u64> {
        let mut calls = self.0.command_counts();
        calls.retain(|name, _| ["get", "set", "evalsha", "eval"].contains(&name.as_str()));
        calls
    }
}

/// Runs a check of a fresh world on every backend: a module of three tests of the check's name.
macro_rules! on_every_backend {
    ($($check:ident),+ $(,)?) => {$(
        mod $check {
            use countersign_tests::{Embedded, World};

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn in_memory() {
                Box::pin(super::$check(World::new().await)).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn on_embedded_dynamodb() {
                Box::pin(super::$check(World::on(Embedded::start().await.store).await)).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn on_valkey() {
                Box::pin(super::$check($crate::backends::Valkey::start().await.world().await)).await;
            }
        }
    )+};
}

pub(crate) use on_every_backend;
