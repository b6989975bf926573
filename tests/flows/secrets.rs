//! E5: secrets sent through every field, searched for in everything that is emitted or stored.

use audit::Event;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use countersign_tests::{Call, Embedded, Logs, Opened, Person, Ports, World};
use serde_json::json;
use store::StoreErrorKind;
use testkit::Fault;

use crate::malformed::{every_route, malformed};

#[tokio::test(flavor = "multi_thread")]
async fn e5_no_secret_is_logged_audited_or_stored_in_the_clear() {
    let logs = Logs::keep();
    let tables = Embedded::start().await;
    let world = World::on(tables.store.clone()).await;
    let person = Person::new(1, &["pin", "nfc"]);
    let (device, payee, reference) = ("canary-device-51", "Canary Payee 52", "canary-reference-53");
    let payment = json!({"amount_minor": 4990, "currency": "EUR", "payee": payee, "reference": reference});
    let enrolling = json!({"user_id": person.id, "factors": person.enrolled(), "device_id": device});
    let initiating = json!({"user_id": person.id, "transaction": payment});

    world.send(world.enrolling(&person).json(&enrolling)).await;
    let opened = Opened::from(&world.send(world.initiating(&person.id).json(&initiating)).await);
    world.attempt(&opened, &person.wrong(&opened.asked)).await;
    let right = world.attempting(&opened, &person.right(&opened.asked)).bearer(&opened.capability);
    let verified = world.send(right.clone()).await;
    let (access_token, refresh_token) = (verified.text("access_token"), verified.text("refresh_token"));
    let refreshed = world.send(world.refreshing(&refresh_token)).await;
    for token in [&access_token, &refresh_token, "csr_canary-token-54"] {
        world.send(world.refreshing(token)).await;
        world.send(world.introspecting(token)).await;
        world.send(world.revoking(token)).await;
    }
    for port in [
        "FindEnrollment",
        "OpenVerification",
        "ClaimAttempt",
        "SendEvents",
        "KeepEvents",
        "FindSession",
        "CreateEnrollment",
    ] {
        for kind in [StoreErrorKind::Unavailable, StoreErrorKind::Corrupt] {
            for call in every_call(&world, &person, &opened, (&enrolling, &initiating, &refresh_token)) {
                world.store.faults().plan(port, 1, Fault::FailBefore(kind));
                world.send(call).await;
                world.store.faults().clear();
            }
        }
    }
    world.send(world.reading_trail().query("user_id", &person.id)).await;
    // With what waits in the outbox, and with what is indexed instead.
    let with_outbox = tables.dump().await;
    let trail = world.trail().await;
    let dump = tables.dump().await;

    let events: String = trail.iter().chain(&world.sink.events()).map(Event::canonical_json).collect();
    let emitted = logs.text() + &events + &written(&world);
    for something in ["answered 503", "verification_succeeded", "trail_read", "\"history\":", "\"signature\":"] {
        assert!(emitted.contains(something), "there is no {something} to search");
    }
    assert!(dump.holds(person.id.as_bytes()) && dump.holds(b"sessions"), "there is something to search");
    assert!(with_outbox.starting_with("outbox/") > 0 && dump.starting_with("outbox/") == 0, "and an outbox");
    assert!(dump.holds(b"log/") && dump.holds(b"verification_succeeded"), "and an index");
    let secrets = [
        person.digest("pin"),
        person.digest("nfc"),
        device.to_owned(),
        payee.to_owned(),
        reference.to_owned(),
        world.tenant.api_key.clone(),
        opened.capability.clone(),
        access_token,
        refresh_token,
        refreshed.text("access_token"),
        refreshed.text("refresh_token"),
        "canary-token-54".to_owned(),
    ];
    for secret in &secrets {
        for form in forms(secret) {
            assert!(!dump.holds(&form) && !with_outbox.holds(&form), "{secret} is stored as {form:?}");
            let text = String::from_utf8_lossy(&form).into_owned();
            assert!(!emitted.contains(&text), "{secret} is emitted as {text}");
        }
    }
}

#[tokio::test]
async fn e5_a_refused_request_leaves_nothing_of_itself_in_the_logs() {
    let logs = Logs::keep();
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let opened = world.opened(&person).await;

    for call in every_route(&world, &person, &opened) {
        for case in malformed(&world, &call) {
            let body = case.call.body();
            let canary = case.call.header("x-canary", "canary-55").header("user-agent", "canary-56");
            world.send(if body.is_object() { with_canary(canary, body) } else { canary }).await;
        }
    }

    for canary in ["canary-55", "canary-56", "canary-57"] {
        assert!(!logs.text().contains(canary), "{canary}");
    }
}

/// The objects of the log, and its checkpoints.
fn written<S: Ports>(world: &World<S>) -> String {
    let (objects, checkpoints) = (world.log.objects.objects(), world.log.checkpoints.0.objects());
    objects.values().chain(checkpoints.values()).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
}

fn with_canary(call: Call, mut body: serde_json::Value) -> Call {
    body["canary-57"] = json!("canary-57");
    call.json(&body)
}

/// Every state-changing call again, each with a fresh key, so that it gets as far as the planned fault.
fn every_call(
    world: &World<store_dynamodb::DynamoStore<store_dynamodb::AllTables>>,
    person: &Person,
    opened: &Opened,
    (enrolling, initiating, token): (&serde_json::Value, &serde_json::Value, &str),
) -> Vec<Call> {
    vec![
        world.enrolling(person).json(enrolling),
        world.initiating(&person.id).json(initiating),
        world.attempting(opened, &person.right(&opened.asked)),
        world.attempting(opened, &person.right(&opened.asked)).bearer(&opened.capability),
        world.introspecting(token),
        world.revoking(token),
    ]
}

/// The ways in which a secret may show: as it is, in capitals, decoded, encoded again, and its telling half.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![
        secret.as_bytes().to_vec(),
        secret.to_uppercase().into_bytes(),
        STANDARD.encode(secret).into_bytes(),
        URL_SAFE_NO_PAD.encode(secret).into_bytes(),
        hex::encode(secret).into_bytes(),
        secret.as_bytes()[secret.len() / 2..].to_vec(),
    ];
    if let Ok(bytes) = hex::decode(secret) {
        forms.extend([STANDARD.encode(&bytes).into_bytes(), URL_SAFE_NO_PAD.encode(&bytes).into_bytes()]);
        forms.push(format!("{bytes:?}").into_bytes());
        forms.push(bytes);
    }
    forms
}
