//! A server that is reached with TLS and by a login, as in AWS.

use std::process::Command;

use aws_sdk_dynamodb::config::{Credentials, Region, SharedCredentialsProvider};
use aws_types::SdkConfig;
use config::CacheSettings;
use countersign_tests::ValkeyEngine;
use domain::Home;
use store::{DrawPermits, OpenVerification};
use store_valkey::Tiered;
use tempfile::TempDir;
use testkit::MemoryStore;

use crate::valkey::{any_draw, any_key};

/// Which roots are trusted is the process's affair, so the store is in another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_reached_with_tls_and_a_login() {
    if let Some(address) = config::process_environment(ADDRESS) {
        return reach(&address).await;
    }
    let directory = TempDir::new().unwrap();
    let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| directory.path().join(name));
    make(&["-keyout", key.to_str().unwrap(), "-out", certificate.to_str().unwrap()]);
    let (engine, port) = ValkeyEngine::start_with_tls(&certificate, &key).await;
    let other = directory.path().join("other.pem");
    make(&["-keyout", "/dev/null", "-out", other.to_str().unwrap()]);

    let trusted = is_reached(&certificate, &format!("localhost:{port}"));
    let of_another_name = is_reached(&certificate, &format!("127.0.0.1:{port}"));
    let untrusted = is_reached(&other, &format!("localhost:{port}"));

    assert!(trusted && !of_another_name && !untrusted, "{trusted} {of_another_name} {untrusted}");
    let refused = engine.servers()[0].command("ACL LOG").array();
    assert!(refused.is_empty(), "{refused:?}");
}

/// What the other process does: it panics unless the cache at this address is used.
async fn reach(address: &str) {
    let settings: CacheSettings = address.parse().unwrap();
    let credentials = Credentials::new("test", "test", None, None, "tests");
    let aws = SdkConfig::builder()
        .region(Region::new("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();

    let store = Tiered::start(MemoryStore::new(), &settings, &aws).await.unwrap();

    store.draw_permits(&any_key("tls"), &any_draw(1)).await.unwrap();
    assert_eq!(store.home(), Home::Cache);
}

fn is_reached(roots: &std::path::Path, address: &str) -> bool {
    let url = format!(
        "rediss://{address}?cluster=false&user=app&cache=serverless-cache/countersign&deadline_milliseconds=1000"
    );
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "valkey_tls::a_server_is_reached_with_tls_and_a_login"])
        .env("SSL_CERT_FILE", roots)
        .env(ADDRESS, url)
        .output()
        .unwrap();
    output.status.success()
}

/// A certificate for `localhost` that is its own root.
fn make(files: &[&str]) {
    let status = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(files)
        .output()
        .expect("openssl can be started")
        .status;
    assert!(status.success(), "openssl makes a certificate");
}

/// Tells the other process where the server is, and that it is the other one.
const ADDRESS: &str = "COUNTERSIGN_TEST_CACHE";
