//! Several hosts over one engine, and one data directory for one host.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use admission::Policy;
use bytes::Bytes;
use config::CacheSettings;
use crypto::KdfParameters;
use domain::{Clock, SystemClock};
use http::{Method, Request};
use local::{DataDir, DataDirError, EmbeddedDynamo, Engine, Host, LogWriter, Settings, StartError};
use serde_json::Value;
use uuid::Builder;

pub(crate) async fn start(path: &Path, engine: &Engine) -> Result<Host, StartError> {
    let (engine, policy) = (engine.clone(), Policy::default());
    let settings = Settings {
        engine,
        cache: CacheSettings::None,
        policy,
        parameters: KdfParameters::CHEAP,
        log_writer: LogWriter::ThisHost,
    };
    Host::start(DataDir::open(path).unwrap(), settings).await
}

async fn post(host: &Host, target: &str, body: &str) -> (u16, Value) {
    let now = u64::try_from(SystemClock.now().as_millisecond()).unwrap();
    let idempotency_key = Builder::from_unix_timestamp_millis(now, &[7; 10]).into_uuid().to_string();
    let mut request = Request::new(Bytes::from(body.to_owned()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = target.parse().unwrap();
    let headers = request.headers_mut();
    headers.insert("authorization", format!("Bearer {}", host.api_key.expose()).parse().unwrap());
    headers.insert("content-type", "application/json".parse().unwrap());
    headers.insert("idempotency-key", idempotency_key.parse().unwrap());
    let response = host.service.handle(request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_hosts_that_share_an_engine_share_their_state() {
    let engine = EmbeddedDynamo::in_memory().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let there = Engine::Endpoint(engine.endpoint().to_owned());

    let (first, second) = tokio::join!(start(folder.path(), &there), start(folder.path(), &there));
    let (first, second) = (first.unwrap(), second.unwrap());
    let digest = "c5".repeat(32);
    let factors = format!(r#"[{{"type":"pin","digest":"{digest}"}},{{"type":"nfc","digest":"{digest}"}}]"#);
    let (enrolled, user) = post(&first, "/v1/enrollments", &format!(r#"{{"factors":{factors}}}"#)).await;
    let user = user["user_id"].as_str().unwrap();
    let (opened, opening) = post(&second, "/v1/verifications", &format!(r#"{{"user_id":"{user}"}}"#)).await;
    let target = format!("/v1/verifications/{}/attempts", opening["verification_id"].as_str().unwrap());
    let (verified, tokens) = post(&first, &target, &format!(r#"{{"factors":{factors}}}"#)).await;
    let token = tokens["access_token"].as_str().unwrap();
    let (_, introspected) = post(&second, "/v1/sessions/introspect", &format!(r#"{{"token":"{token}"}}"#)).await;

    assert_eq!(first.tenant, second.tenant);
    assert_eq!((enrolled, opened, verified), (201, 201, 200));
    assert_eq!(introspected["active"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_is_one_hosts_at_a_time() {
    let folder = tempfile::tempdir().unwrap();

    let first = start(folder.path(), &Engine::File).await.unwrap();
    let second = start(folder.path(), &Engine::File).await;
    let (tenant, key) = (first.tenant, first.api_key.expose().to_owned());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    first.serve(listener, std::future::ready(())).await;
    let third = start(folder.path(), &Engine::File).await.unwrap();

    assert!(matches!(second, Err(StartError::DataDir(DataDirError::InUse { .. }))));
    assert_eq!((third.tenant, third.api_key.expose()), (tenant, key.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_data_directory_holds_is_its_owners_alone() {
    use std::os::unix::fs::MetadataExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new");

    let _host = start(&path, &Engine::File).await.unwrap();

    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o077, 0);
    for file in std::fs::read_dir(&path).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().mode() & 0o077, 0, "{}", file.path().display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();

    let error = start(folder.path(), &Engine::Endpoint("http://127.0.0.1:1".to_owned())).await.unwrap_err();

    assert_eq!(error.to_string(), "no DynamoDB answers at http://127.0.0.1:1");
}
