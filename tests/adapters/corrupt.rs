//! Items on a real engine that this code cannot have written.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Algorithm, AttemptMark, Failures, Penalty, SessionEpoch};
use store::{
    AdvanceSessionEpoch, AppendBatch, BeginRequest, ClaimAttempt, CreateEnrollment, DrainOutbox, DrawPermits,
    FindAccount, FindEnrollment, FindEvents, FindListings, FindLogHeads, FindSessionEpoch, FindVerification,
    LeaseShard, ListSessions, ListSigningKeys, OpenSession, ReserveFailure, RevokeSession, RevokeSessions,
    RotateRefreshToken, ShardLease, StoreError, StoreErrorKind, UnlockAccount, epoch_copy,
};

use crate::engine::{self, Engine};
use crate::records::{
    claim, counter, draw, enrollment, event, event_id, head, later, lease, limit, nonce, now, query, record, request,
    revocation, rotation, session, session_key, tenant, user, verification,
};
use crate::tables::{AUDIT, CORE, EPHEMERAL};

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
    let epoch_key = format!("t/{tenant}/session-epoch/{}", epoch_copy(user));
    put(engine, CORE, &[("pk", &user_key), ("sk", "enrollment")]).await;
    put(engine, CORE, &[("pk", &user_key), ("sk", "account"), ("failures", CANARY)]).await;
    put(engine, CORE, &[("pk", &epoch_key), ("sk", "session-epoch"), ("epoch", CANARY)]).await;
    put(engine, CORE, &[("pk", "signing-keys"), ("sk", "kid-1")]).await;
    put(engine, CORE, &[("pk", "listings"), ("sk", "tenant/nobody")]).await;
    put(engine, EPHEMERAL, &[("pk", &verification_key)]).await;
    put(engine, EPHEMERAL, &[("pk", &request_key), ("body", CANARY)]).await;
    put(engine, EPHEMERAL, &[("pk", &counter_key), ("state", CANARY)]).await;
    let draw = draw(1, limit(Algorithm::FixedWindow, Penalty::None), now());
    let session = session(1);
    let failures = Failures::default().with(now());

    let errors = [
        (CORE, &*user_key, store.find_enrollment(tenant, user).await.map(drop)),
        (CORE, &user_key, store.find_account(tenant, user).await.map(drop)),
        (CORE, &user_key, store.reserve_failure(tenant, user, AttemptMark([1; 8]), now()).await.map(drop)),
        (CORE, &user_key, store.open_session(&session, &[]).await.map(drop)),
        (CORE, &user_key, store.revoke_session(&session_key(1), now(), &event(1)).await.map(drop)),
        (CORE, &user_key, store.rotate_refresh_token(&rotation(1), &event(1)).await.map(drop)),
        (CORE, &user_key, store.revoke_sessions(&revocation(&[1])).await.map(drop)),
        (CORE, &user_key, store.list_sessions(tenant, user).await.map(drop)),
        (CORE, &epoch_key, store.find_session_epoch(tenant, user).await.map(drop)),
        (CORE, &epoch_key, store.advance_session_epoch(tenant, SessionEpoch::FIRST, &event(1)).await.map(drop)),
        (CORE, &user_key, store.unlock_account(tenant, user, &failures, &event(1)).await.map(drop)),
        (CORE, &user_key, store.create_enrollment(&enrollment(), &event(1)).await.map(drop)),
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

#[tokio::test(flavor = "multi_thread")]
async fn b1_embedded_dynamodb_reports_corrupt_items_of_the_audit_trail() {
    reports_corrupt_items_of_the_audit_trail(&engine::embedded().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b1_dynamodb_local_reports_corrupt_items_of_the_audit_trail() {
    reports_corrupt_items_of_the_audit_trail(&engine::dynamodb_local().await).await;
}

async fn reports_corrupt_items_of_the_audit_trail(engine: &Engine) {
    let store = &engine.store;
    let (part, subject) = (event(1).part(), record(1).key.subject);
    let outbox_key = format!("outbox/{part}");
    let subject_key = format!("t/{}/s/{}", tenant(), hex::encode(subject));
    let hour_key = format!("t/{}/h/2100-01-01T00/1", tenant());
    let id = event_id(1).to_string();
    put(engine, CORE, &[("pk", &outbox_key), ("sk", &id), ("payload", CANARY)]).await;
    put(engine, AUDIT, &[("pk", &subject_key), ("sk", &id), ("payload", CANARY)]).await;
    put(engine, AUDIT, &[("pk", &hour_key), ("sk", &format!("4102444800123/{id}")), ("payload", CANARY)]).await;
    put(engine, AUDIT, &[("pk", "log/3"), ("sk", "head"), ("header", CANARY), ("batch", CANARY)]).await;
    put(engine, AUDIT, &[("pk", "log/4"), ("sk", "head"), ("holder", CANARY)]).await;
    let other = ShardLease { shard: 4, holder: [1; 16] };

    let errors = [
        (CORE, &*outbox_key, store.outbox_events(part, 9).await.map(drop)),
        (AUDIT, &subject_key, store.find_events(&query(Some(subject))).await.map(drop)),
        (AUDIT, &hour_key, store.find_events(&query(None)).await.map(drop)),
        (AUDIT, "log/3", store.lease_shard(&lease(1), now(), later(1)).await.map(drop)),
        (AUDIT, "log/3", store.append_batch(&lease(1), &head(1)).await.map(drop)),
        (AUDIT, "log/3", store.find_log_heads(4).await.map(drop)),
        (AUDIT, "log/4", store.lease_shard(&other, now(), later(1)).await.map(drop)),
    ];

    for (table, key, outcome) in errors {
        let error = outcome.expect_err("a corrupt item is an error");
        assert_eq!(error.kind, StoreErrorKind::Corrupt, "{key}: {error} {}", error.source);
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
