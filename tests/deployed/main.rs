//! The journey of a merchant against a deployed stack, over HTTP. `tests/deployed/run.py` deploys it and says where it is.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod client;

use client::{Answer, Client, setting};
use crypto::{Claims, Jwk, TokenCheck, VerifyingKey};
use domain::{Clock, SystemClock};
use serde_json::{Value, json};

/// One enrolled user of this run and what they know, have and are.
const FACTORS: [&str; 4] = ["pin", "words", "nfc", "face"];

#[test]
fn a_user_is_enrolled_verified_and_signed_out() {
    let client = Client::from_environment();

    let enrolment = json!({ "factors": right(&FACTORS), "device_id": "device-1" });
    let enrolled = client.post("/v1/enrollments", &enrolment).expect_status(201);
    let user = enrolled.text("user_id");
    let same_user = json!({ "user_id": user, "factors": right(&FACTORS) });
    client.post("/v1/enrollments", &same_user).expect_problem(409, "/problems/already-enrolled");
    let described = client.get(&format!("/v1/enrollments/{user}")).expect_status(200);
    assert_eq!(described.member("factors").as_array().map(Vec::len), Some(4));

    let transaction = json!({ "amount_minor": 4990, "currency": "EUR", "payee": "Zoë's Café", "reference": "order-7" });
    let opened = client.post("/v1/verifications", &json!({ "user_id": user, "transaction": transaction }));
    let opened = opened.expect_status(201);
    let route = format!("/v1/verifications/{}", opened.text("verification_id"));
    let attempts = format!("{route}/attempts");
    let asked: Vec<String> = serde_json::from_value(opened.member("factors").clone()).unwrap();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();

    client.post(&attempts, &json!({ "factors": right(&["emoji"]) })).expect_problem(422, "/problems/factors-mismatch");
    client.post(&attempts, &json!({ "factors": "all" })).expect_problem(400, "/problems/invalid-request");
    let wrong = client.post(&attempts, &json!({ "factors": wrong(&asked) }));
    let wrong = wrong.expect_problem(401, "/problems/authentication-failed");
    assert_eq!(wrong.member("attempts_remaining"), 2);
    let device = client.with_credential(&opened.text("capability"));
    let verified = device.post(&attempts, &json!({ "factors": right(&asked) })).expect_status(200);
    client.post(&attempts, &json!({ "factors": right(&asked) })).expect_problem(409, "/problems/verification-closed");
    assert_eq!(device.get(&route).expect_status(200).text("status"), "verified");

    let token = verified.text("access_token");
    let claims = check_offline(&client, &token, &user);
    assert_eq!(claims.session.to_string(), verified.text("session_id"));
    assert!(claims.transaction.is_some());
    client
        .delete_stepped_up(&format!("/v1/enrollments/{user}"), &token)
        .expect_problem(401, "/problems/step-up-required");
    client.post("/v1/sessions/revoke", &json!({ "token": token })).expect_status(200);
    assert!(!is_active(&client, &token));
}

#[test]
fn sessions_are_refreshed_listed_and_ended() {
    let client = Client::from_environment();
    let enrolled = client.post("/v1/enrollments", &json!({ "factors": right(&FACTORS) })).expect_status(201);
    let user = enrolled.text("user_id");

    let (first, second) = (signed_in(&client, &user), signed_in(&client, &user));
    let refreshing = json!({ "refresh_token": first.text("refresh_token") });
    let refreshed = client.post("/v1/sessions/refresh", &refreshing).expect_status(200);
    let claims = check_offline(&client, &refreshed.text("access_token"), &user);
    assert_eq!(claims.session.to_string(), first.text("session_id"));
    assert!(claims.transaction.is_none());

    let listed = client.get(&format!("/v1/sessions?user_id={user}")).expect_status(200);
    let listed = listed.member("sessions").as_array().unwrap();
    let ids: Vec<&Value> = listed.iter().map(|session| &session["session_id"]).collect();
    assert_eq!(ids, [second.member("session_id"), first.member("session_id")]);

    client.post("/v1/sessions/refresh", &refreshing).expect_problem(400, "/problems/invalid-grant");
    assert!(!is_active(&client, &refreshed.text("access_token")), "a token that is used twice ends its session");
    assert!(is_active(&client, &second.text("access_token")));
    client.post("/v1/sessions/revoke", &json!({ "user_id": user })).expect_status(200);
    assert!(!is_active(&client, &second.text("access_token")));
}

#[test]
fn a_user_is_rotated_exported_and_erased() {
    let client = Client::from_environment();
    let enrolment = json!({ "factors": right(&["pin", "nfc"]), "device_id": "device-1" });
    let enrolled = client.post("/v1/enrollments", &enrolment).expect_status(201);
    let user = enrolled.text("user_id");
    let (route, factors) = (format!("/v1/enrollments/{user}"), json!({ "factors": right(&["words", "face"]) }));

    let first = signed_in(&client, &user).text("access_token");
    let rotated = client.put_stepped_up(&format!("{route}/factors"), &first, &factors).expect_status(200);
    assert_eq!(rotated.member("key_version"), 2);
    client
        .put_stepped_up(&format!("{route}/factors"), &first, &factors)
        .expect_problem(401, "/problems/step-up-required");

    let second = signed_in(&client, &user).text("access_token");
    let exported = client.get_stepped_up(&format!("{route}/export"), &second).expect_status(200);
    assert_eq!(exported.member("enrollment")["device_id"], "device-1");

    assert_eq!(client.delete_stepped_up(&route, &second).expect_status(200).text("status"), "erased");
    client.delete_stepped_up(&route, &second).expect_status(200);
    client.get(&route).expect_problem(404, "/problems/enrollment-not-found");
    let again = json!({ "user_id": user, "factors": right(&["pin", "nfc"]) });
    client.post("/v1/enrollments", &again).expect_problem(409, "/problems/user-erased");
    assert!(!is_active(&client, &second));
}

#[test]
fn nobody_without_a_key_gets_in() {
    let client = Client::from_environment();
    let stranger = client.with_credential("csk_test_nobody");

    let refused = stranger.post("/v1/verifications", &json!({ "user_id": "0192f0c1-2345-7abc-8def-0123456789ab" }));

    // The gateway's own answer, since the authorizer's refusal ends the request there.
    assert!(matches!(refused.status, 401 | 403), "{refused:?}");
}

#[test]
fn the_service_is_ready() {
    let client = Client::from_environment();

    let ready = client.get("/health/ready").expect_status(200);

    assert_eq!(ready.text("status"), "ready");
}

/// The tokens of a user who presents what is asked for, for no transaction.
fn signed_in(client: &Client, user: &str) -> Answer {
    let opened = client.post("/v1/verifications", &json!({ "user_id": user })).expect_status(201);
    let attempts = format!("/v1/verifications/{}/attempts", opened.text("verification_id"));
    let asked: Vec<String> = serde_json::from_value(opened.member("factors").clone()).unwrap();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    client.post(&attempts, &json!({ "factors": right(&asked) })).expect_status(200)
}

/// What introspection says of a token; of one that is not active it says nothing else.
fn is_active(client: &Client, token: &str) -> bool {
    let told = client.post("/v1/sessions/introspect", &json!({ "token": token })).expect_status(200);
    let active = told.member("active") == true;
    assert!(active || told.body == json!({ "active": false }), "{}", told.body);
    active
}

/// What an offline verifier does: fetch the keys once, then check the token by itself.
fn check_offline(client: &Client, token: &str, user: &str) -> Claims {
    let published = client.get("/.well-known/jwks.json").expect_status(200);
    let keys: Vec<Jwk> = serde_json::from_value(published.member("keys").clone()).unwrap();
    let keys: Vec<VerifyingKey> = keys.iter().map(|key| VerifyingKey::from_jwk(key).unwrap()).collect();
    let introspected = client.post("/v1/sessions/introspect", &json!({ "token": token })).expect_status(200);
    let audience = introspected.text("client_id").parse().unwrap();
    let issuer = setting("COUNTERSIGN_TEST_ISSUER");
    let check = TokenCheck { keys: &keys, issuer: &issuer, audience };
    let claims = check.validate(token, SystemClock.now()).unwrap();
    assert_eq!(claims.user.to_string(), user);
    claims
}

fn right(factors: &[&str]) -> Value {
    factors.iter().map(|factor| json!({ "type": factor, "digest": digest(factor) })).collect()
}

fn wrong(factors: &[&str]) -> Value {
    factors.iter().map(|factor| json!({ "type": factor, "digest": "0".repeat(64) })).collect()
}

/// A digest that differs from factor to factor; what it is of is a client's business.
fn digest(factor: &str) -> String {
    hex::encode(factor.bytes().cycle().take(32).collect::<Vec<_>>())
}
