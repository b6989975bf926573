//! Items on a real engine that this code cannot have written.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Algorithm, AttemptMark, Penalty};
use store::{
    BeginRequest, ClaimAttempt, DrawPermits, FindAccount, FindEnrollment, FindListings, FindVerification,
    ListSigningKeys, OpenSession, ReserveFailure, RevokeSession, StoreError, StoreErrorKind,
};

use crate::engine::{self, Engine};
use crate::records::{claim, counter, draw, limit, nonce, now, request, session, tenant, user, verification};
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
    let (tenant, user, store) = (tenant(), user(), &engine.store);
    let user_key = format!("t/{tenant}/u/{user}");
    let verification_key = format!("t/{tenant}/v/{}", verification().id);
    let request_key = format!("t/{tenant}/i/{}", request().key);
    let counter_key = counter().to_string();
    put(engine, CORE, &[("pk", &user_key), ("sk", "enrollment")]).await;
    put(engine, CORE, &[("pk", &user_key), ("sk", "account"), ("failures", CANARY)]).await;
    put(engine, CORE, &[("pk", "signing-keys"), ("sk", "kid-1")]).await;
    put(engine, CORE, &[("pk", "listings"), ("sk", "tenant/nobody")]).await;
    put(engine, EPHEMERAL, &[("pk", &verification_key)]).await;
    put(engine, EPHEMERAL, &[("pk", &request_key), ("body", CANARY)]).await;
    put(engine, EPHEMERAL, &[("pk", &counter_key), ("state", CANARY)]).await;
    let draw = draw(1, limit(Algorithm::FixedWindow, Penalty::None), now());
    let session = session(1);

    let errors = [
        (CORE, &*user_key, store.find_enrollment(tenant, user).await.map(drop)),
        (CORE, &user_key, store.find_account(tenant, user).await.map(drop)),
        (CORE, &user_key, store.reserve_failure(tenant, user, AttemptMark([1; 8]), now()).await.map(drop)),
        (CORE, &user_key, store.open_session(&session, &[]).await.map(drop)),
        (CORE, &user_key, store.revoke_session(tenant, user, session.id, now()).await.map(drop)),
        (CORE, "signing-keys", store.list_signing_keys().await.map(drop)),
        (CORE, "listings", store.find_listings().await.map(drop)),
        (EPHEMERAL, &verification_key, store.find_verification(tenant, verification().id).await.map(drop)),
        (EPHEMERAL, &verification_key, store.claim_attempt(&claim(1)).await.map(drop)),
        (EPHEMERAL, &request_key, store.begin_request(tenant, &request(), nonce(1), now()).await.map(drop)),
        (EPHEMERAL, &counter_key, store.draw_permits(&counter(), &draw).await.map(drop)),
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

async fn put(engine: &Engine, table: &str, attributes: &[(&str, &str)]) {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let mut item: HashMap<_, _> = attributes.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect();
    item.insert("created".to_owned(), text(CANARY));
    item.insert("user".to_owned(), text(CANARY));
    engine.client.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
}
