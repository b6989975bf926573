//! Keys are rotated beside the requests.

use std::path::Path;
use std::time::Duration;

use crypto::DevelopmentKey;
use domain::{Clock, SystemClock};
use keyring::new_signing_key;
use local::{EmbeddedDynamo, Engine, Host, create_tables, engine_config, table_names};
use store::{CreateSigningKey, ListSigningKeys, SigningKeyRecord};
use store_dynamodb::DynamoStore;
use tokio::time::timeout;

use crate::sharing::start;

#[tokio::test(flavor = "multi_thread")]
async fn t5_a_host_that_starts_has_a_signing_key_followed_that_is_nearly_too_old() {
    let engine = EmbeddedDynamo::in_memory().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let old = old_signing_key(engine.endpoint(), folder.path()).await;

    let host = start(folder.path(), &Engine::Endpoint(engine.endpoint().to_owned())).await.unwrap();
    let rotated = timeout(Duration::from_secs(60), two_signing_keys(&host)).await.unwrap();

    let [followed, next] = rotated.as_slice() else { panic!("{rotated:?}") };
    assert_eq!((&followed.id, next.retires_at), (&old.id, None));
    assert!(followed.retires_at.unwrap() > next.signs_from && next.signs_from > SystemClock.now());
}

/// Stores a key that has signed for 90 days.
async fn old_signing_key(endpoint: &str, data_dir: &Path) -> SigningKeyRecord {
    create_tables(endpoint).await.unwrap();
    let outside = config::outside_lambda().unwrap();
    let key = DevelopmentKey::load_or_create(&data_dir.join("development.key"), outside).unwrap();
    let made_at = SystemClock.now() - Duration::from_secs(90 * 86_400);
    let old = new_signing_key(&key, (made_at, made_at)).await.unwrap();
    DynamoStore::new(&engine_config(endpoint), table_names()).create_signing_key(&old).await.unwrap();
    old
}

/// Asks until there are two.
async fn two_signing_keys(host: &Host) -> Vec<SigningKeyRecord> {
    loop {
        let keys = host.tables.list_signing_keys().await.unwrap();
        if keys.len() == 2 {
            return keys;
        }
    }
}
