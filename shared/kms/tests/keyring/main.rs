//! The keyring against a KMS on loopback that is as strict about the encryption context as AWS.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at what it does not expect")]

mod fake;
mod log_key;

use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::config::timeout::TimeoutConfig;
use aws_sdk_kms::config::{BehaviorVersion, Config, Credentials, Region};
use crypto::{CheckKey, EncryptionContext, KeyError, KeyMaterial, UnwrapKey, WrapKey, WrappedKey};
use domain::{BranchKeyVersion, TenantId};
use kms::KmsKeyring;

use crate::fake::{Behaviour, FakeKms};

const KEY: &str = "arn:aws:kms:eu-central-1:000000000000:key/00000000-0000-0000-0000-000000000001";
const OTHER_KEY: &str = "arn:aws:kms:eu-central-1:000000000000:key/00000000-0000-0000-0000-000000000002";

fn config(endpoint: &str) -> Config {
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_timeout(std::time::Duration::from_millis(500)).build())
        .build()
}

fn keyring(endpoint: &str, key_id: &str) -> KmsKeyring {
    KmsKeyring::new(config(endpoint), key_id)
}

fn contexts() -> Vec<EncryptionContext> {
    let [first, second] = [1, 2].map(|number| BranchKeyVersion::new(number).unwrap());
    let [tenant, other] = [1, 2].map(|number| TenantId::from_keyed_bytes([number; 16]));
    vec![
        EncryptionContext::branch_key(tenant, first),
        EncryptionContext::branch_key(tenant, second),
        EncryptionContext::branch_key(other, first),
        EncryptionContext::signing_key(&"kid-1".parse().unwrap()),
    ]
}

fn material() -> KeyMaterial {
    KeyMaterial::new((0..138).collect()).unwrap()
}

#[tokio::test]
async fn c4_a_key_unwraps_in_another_process_with_exactly_its_context() {
    let kms = FakeKms::start(Behaviour::Works).await;
    let contexts = contexts();

    for (position, context) in contexts.iter().enumerate() {
        let wrapped = keyring(&kms.endpoint, KEY).wrap_key(&material(), context).await.unwrap();
        for (other_position, other) in contexts.iter().enumerate() {
            match keyring(&kms.endpoint, KEY).unwrap_key(&wrapped, other).await {
                Ok(unwrapped) if position == other_position => assert_eq!(unwrapped.expose(), material().expose()),
                Err(KeyError::Refused) if position != other_position => {}
                outcome => panic!("{context:?} in {other:?}: {outcome:?}"),
            }
        }
    }
}

#[tokio::test]
async fn another_key_or_an_altered_ciphertext_is_refused() {
    let kms = FakeKms::start(Behaviour::Works).await;
    let context = contexts().remove(0);
    let wrapped = keyring(&kms.endpoint, KEY).wrap_key(&material(), &context).await.unwrap();

    let with_other_key = keyring(&kms.endpoint, OTHER_KEY).unwrap_key(&wrapped, &context).await;
    let altered = keyring(&kms.endpoint, KEY).unwrap_key(&WrappedKey::new(vec![1, 2, 3]), &context).await;

    assert!(matches!(with_other_key, Err(KeyError::Refused)));
    assert!(matches!(altered, Err(KeyError::Refused)));
}

#[tokio::test]
async fn what_an_operator_or_time_can_mend_is_unavailable() {
    let context = contexts().remove(0);
    let behaviours = [
        Behaviour::Fails(400, "AccessDeniedException"),
        Behaviour::Fails(400, "DisabledException"),
        Behaviour::Fails(400, "KMSInvalidStateException"),
        Behaviour::Fails(400, "NotFoundException"),
        Behaviour::Fails(400, "ThrottlingException"),
        Behaviour::Fails(500, "KMSInternalException"),
        Behaviour::Fails(503, "garbage"),
        Behaviour::Answers("{}"),
        Behaviour::Answers("garbage"),
        Behaviour::Stalls,
    ];

    for behaviour in behaviours {
        let kms = FakeKms::start(behaviour).await;
        let keyring = keyring(&kms.endpoint, KEY);
        let unwrapped = keyring.unwrap_key(&WrappedKey::new(vec![1]), &context).await;
        let wrapped = keyring.wrap_key(&material(), &context).await;
        assert!(matches!(unwrapped, Err(KeyError::Unavailable(_))), "{behaviour:?}: {unwrapped:?}");
        assert!(matches!(wrapped, Err(KeyError::Unavailable(_))), "{behaviour:?}: {wrapped:?}");
        assert!(keyring.check_key().await.is_err(), "{behaviour:?}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_not_repeated() {
    let kms = FakeKms::start(Behaviour::Answers(r#"{"Plaintext":"c2VjcmV0","KeyId":7}"#)).await;
    let context = contexts().remove(0);

    let outcome = keyring(&kms.endpoint, KEY).unwrap_key(&WrappedKey::new(vec![1]), &context).await;

    let Err(KeyError::Unavailable(_)) = &outcome else { panic!("{outcome:?}") };
    assert!(!format!("{outcome:?}").contains("c2VjcmV0"), "{outcome:?}");
}

#[tokio::test]
async fn nobody_listening_is_unavailable() {
    let context = contexts().remove(0);

    let outcome = keyring("http://127.0.0.1:9", KEY).unwrap_key(&WrappedKey::new(vec![1]), &context).await;

    assert!(matches!(outcome, Err(KeyError::Unavailable(_))));
}

#[tokio::test]
async fn an_enabled_key_is_ready_and_a_disabled_one_is_not() {
    let enabled = FakeKms::start(Behaviour::Works).await;
    let disabled = FakeKms::start(Behaviour::KeyDisabled).await;

    assert!(keyring(&enabled.endpoint, KEY).check_key().await.is_ok());
    assert!(keyring(&disabled.endpoint, KEY).check_key().await.is_err());
}
