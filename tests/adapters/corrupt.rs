//! Items on a real engine that this code cannot have written.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{TenantId, UserId, VerificationId};
use jiff::Timestamp;
use store::{
    ClaimAttempt, ClaimRequest, FindEnrollment, FindVerification, ListSigningKeys, StoreError, StoreErrorKind,
};

use crate::engine::{self, Engine};
use crate::tables::{CORE, EPHEMERAL};

const CANARY: &str = "canary-value";

#[tokio::test(flavor = "multi_thread")]
async fn b1_embedded_dynamodb_reports_corrupt_items() {
    reports_corrupt_items(&engine::embedded().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b1_dynamodb_local_reports_corrupt_items() {
    reports_corrupt_items(&engine::dynamodb_local().await).await;
}

async fn reports_corrupt_items(engine: &Engine) {
    let (tenant, user) = (TenantId::from_keyed_bytes([1; 16]), UserId::from_keyed_bytes([2; 16]));
    let verification = VerificationId::from_keyed_bytes([3; 16]);
    let enrollment_key = format!("t/{tenant}/u/{user}");
    let verification_key = format!("t/{tenant}/v/{verification}");
    put(engine, CORE, &[("pk", &enrollment_key), ("sk", "enrollment")]).await;
    put(engine, CORE, &[("pk", "signing-keys"), ("sk", "kid-1")]).await;
    put(engine, EPHEMERAL, &[("pk", &verification_key)]).await;
    let claim = ClaimRequest {
        tenant,
        verification,
        attempt: "018f0000-0000-7000-8000-000000000001".parse().unwrap(),
        presented: "pin+nfc".parse().unwrap(),
        now: Timestamp::UNIX_EPOCH,
    };

    let errors = [
        (CORE, enrollment_key.as_str(), engine.store.find_enrollment(tenant, user).await.map(drop)),
        (CORE, "signing-keys", engine.store.list_signing_keys().await.map(drop)),
        (EPHEMERAL, &verification_key, engine.store.find_verification(tenant, verification).await.map(drop)),
        (EPHEMERAL, &verification_key, engine.store.claim_attempt(&claim).await.map(drop)),
    ];

    for (table, key, outcome) in errors {
        let error = outcome.expect_err("a corrupt item is an error");
        assert_eq!(error.kind, StoreErrorKind::Corrupt);
        assert!(error.source.to_string().starts_with(&format!("item {key}")), "{}", error.source);
        assert!(error.source.to_string().contains(&format!("of table {table}")), "{}", error.source);
        assert_silent(&error);
    }
}

/// No value shows in an error, in any form of it.
fn assert_silent(error: &StoreError) {
    assert!(!format!("{error} {error:?} {}", error.source).contains(CANARY));
}

async fn put(engine: &Engine, table: &str, key: &[(&str, &str)]) {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let mut item: HashMap<_, _> = key.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect();
    item.insert("created".to_owned(), text(CANARY));
    item.insert("user".to_owned(), text(CANARY));
    engine.client.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
}
