//! E4: a dependency that takes connections and never answers costs its caller a bounded time, and the answer is 503.

use std::sync::Arc;
use std::time::{Duration, Instant};

use admission::{Admission, Policy};
use audit::{MemorySink, SendEvents, SqsQueue};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_types::SdkConfig;
use config::{ATTEMPT_DEADLINE, ATTEMPTS, CALL_DEADLINE, CONNECT_DEADLINE, worst_case};
use countersign_tests::{Function, World};
use crypto::{EncryptionContext, UnwrapKey, WrappedKey};
use denials::Denials;
use describe_enrollment::{DescribeEnrollment, Ports};
use domain::{BranchKeyVersion, Clock, Entropy};
use kms::KmsKeyring;
use store_dynamodb::{CoreAndEphemeral, CoreTable, DynamoStore, EphemeralTable};
use testkit::{FixedClock, SeededEntropy};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn e4_a_store_that_never_answers_is_503_within_the_worst_case() {
    let tables = CoreAndEphemeral { core: CoreTable::new("core"), ephemeral: EphemeralTable::new("ephemeral") };
    let store = DynamoStore::new(&config(&silent().await), tables);
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) =
        (Arc::new(FixedClock::default()), Arc::new(SeededEntropy::new(1)));
    let denials = Denials::new(Arc::new(MemorySink::default()), Arc::clone(&clock), Arc::clone(&entropy));
    let policy = Policy::default();
    let admission = Admission::new(admission::Ports { store: store.clone(), policy, clock, entropy });
    let describe = DescribeEnrollment::new(Ports { store, admission, denials });
    let event = Function::DescribeEnrollment.event("enrolled");
    let request = lambda_http::request::from_str(&event).unwrap();

    let (answer, took) = timed(countersign_http::Endpoint::serve(&describe, request)).await;

    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "1");
    assert!(took < worst_case(1, 0) + SLACK, "{took:?}");
}

#[tokio::test]
async fn e4_a_queue_that_never_answers_fails_within_the_worst_case() {
    let world = World::new().await;
    world.enrolled(1, &["pin", "nfc"]).await;
    let event = world.sink.events().remove(0);
    let queue = SqsQueue::new(&config(&silent().await), "http://127.0.0.1/queue");

    let (sent, took) = timed(queue.send_events(&[event])).await;

    assert!(sent.is_err());
    assert!(took < worst_case(1, 0) + SLACK, "{took:?}");
}

#[tokio::test]
async fn e4_a_key_service_that_never_answers_fails_within_the_worst_case() {
    let world = World::new().await;
    let keyring = KmsKeyring::new(&config(&silent().await), "arn:aws:kms:eu-central-1:123456789012:key/k");
    let context = EncryptionContext::branch_key(world.tenant.id, BranchKeyVersion::FIRST);

    let (unwrapped, took) = timed(keyring.unwrap_key(&WrappedKey::new(vec![1; 60]), &context)).await;

    assert!(matches!(unwrapped, Err(crypto::KeyError::Unavailable(_))));
    assert!(took < worst_case(1, 0) + SLACK, "{took:?}");
}

/// Takes every connection and never says a word. Gives its address.
async fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut taken: Vec<TcpStream> = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            taken.push(connection);
        }
    });
    format!("http://{address}")
}

/// The settings that functions have, with their deadlines.
fn config(address: &str) -> SdkConfig {
    use aws_sdk_dynamodb::config::retry::RetryConfig;
    use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
    let deadlines = TimeoutConfig::builder()
        .connect_timeout(CONNECT_DEADLINE)
        .operation_attempt_timeout(ATTEMPT_DEADLINE)
        .operation_timeout(CALL_DEADLINE);
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(address)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "tests")))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(deadlines.build())
        .build()
}

#[expect(clippy::disallowed_methods, reason = "the caller's time, which is what is bounded")]
async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    (work.await, start.elapsed())
}

/// For a machine that is busy with other tests.
const SLACK: Duration = Duration::from_secs(3);
