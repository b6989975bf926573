//! The audit log's key against the same KMS.

use crypto::{KeyError, SignHeaders};
use kms::KmsLogKey;

use crate::fake::{Behaviour, FakeKms};
use crate::{KEY, OTHER_KEY, config};

#[tokio::test]
async fn kms_signs_headers_that_its_public_key_verifies() {
    let kms = FakeKms::start(Behaviour::Works).await;
    let key = KmsLogKey::load(config(&kms.endpoint), KEY).await.unwrap();

    // Half of what KMS signs has a high s.
    for number in 0..20_u8 {
        let signature = key.sign_header(&[number]).await.unwrap();
        assert!(key.verifying_key().verifies_header(&[number], &signature));
    }

    assert_eq!(key.key_id(), key.verifying_key().id());
}

#[tokio::test]
async fn a_signature_of_another_key_is_not_given_out() {
    let kms = FakeKms::start(Behaviour::Works).await;
    let key = KmsLogKey::load(config(&kms.endpoint), OTHER_KEY).await.unwrap();

    let signed = key.sign_header(b"header").await;

    assert!(matches!(signed, Err(KeyError::Unavailable(_))));
}

#[tokio::test]
async fn a_kms_that_fails_or_has_another_kind_of_key_gives_no_log_key() {
    let other_kind = r#"{"KeyId":"k","PublicKey":"MCowBQYDK2VwAyEA"}"#;
    for (behaviour, is_refused) in [
        (Behaviour::Fails(400, "AccessDeniedException"), false),
        (Behaviour::Answers("{}"), false),
        (Behaviour::Stalls, false),
        (Behaviour::Answers(other_kind), true),
    ] {
        let kms = FakeKms::start(behaviour).await;
        let loaded = KmsLogKey::load(config(&kms.endpoint), KEY).await;
        assert_eq!(matches!(loaded, Err(KeyError::Refused)), is_refused, "{behaviour:?}: {loaded:?}");
        assert!(loaded.is_err());
    }
}
