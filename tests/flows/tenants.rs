//! E3: no tenant sees or moves anything of another.

use countersign_tests::{Call, Function, Opened, World};
use serde_json::json;

use crate::problems::{problem, success};

#[tokio::test]
async fn e3_another_tenants_key_sees_and_moves_nothing_on_any_route() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let (open, verified) = (world.opened(&person).await, world.opened(&person).await);
    let tokens = world.attempt(&verified, &person.right(&verified.asked)).await;
    let (token, refresh_token) = (tokens.text("access_token"), tokens.text("refresh_token"));
    let theirs = |call: Call| world.send(call.bearer(&world.other.api_key));
    let describing = Call::new(Function::DescribeEnrollment, "enrolled").path("user_id", &person.id);

    let described = theirs(describing.clone()).await;
    let status = theirs(world.asking_status(&open)).await;
    let attempt = theirs(world.attempting(&open, &person.right(&open.asked))).await;
    let wrong = theirs(world.attempting(&open, &person.wrong(&open.asked))).await;
    let introspected = theirs(world.introspecting(&token)).await;
    let stepping_up = [
        theirs(world.rotating(&person.id, &token, &person.wrong(&person.factors))).await,
        theirs(world.erasing(&person.id, &token)).await,
        theirs(world.exporting(&person.id, &token)).await,
    ];
    let refreshed = theirs(world.refreshing(&refresh_token)).await;
    let listed = theirs(world.listing_sessions(&person.id)).await;
    let revoking = [world.revoking(&token), world.revoking(&refresh_token), world.revoking_all(&person.id)];
    let [first, second, third] = revoking.map(theirs);
    let revoked = [first.await, second.await, third.await];
    world.trail().await;
    let trail = [world.reading_trail(), world.reading_trail().query("user_id", &person.id)];
    let mine = world.send(trail[0].clone()).await;
    let [read, read_of_person] = trail.map(theirs);
    let (read, read_of_person) = (read.await.json(), read_of_person.await.json());

    assert_eq!(described.told(), problem(404, "enrollment-not-found"));
    for answer in stepping_up {
        assert_eq!(answer.told(), problem(401, "step-up-required"));
    }
    for answer in [status, attempt, wrong] {
        assert_eq!(answer.told(), problem(404, "verification-not-found"));
    }
    assert!(mine.json()["events"].as_array().unwrap().len() >= 4, "{mine:?}");
    assert_eq!(read_of_person["events"], json!([]));
    let told = read["events"].as_array().unwrap();
    assert!(told.iter().all(|event| event["outcome"]["request_refused"].is_object()), "their own refusals: {read}");
    assert_eq!(introspected.json(), json!({ "active": false }));
    assert_eq!((refreshed.told(), listed.json()["sessions"].clone()), (problem(400, "invalid-grant"), json!([])));
    assert!(revoked.iter().all(|answer| answer.told() == success(200)), "RFC 7009: an unknown token is revoked");
    assert_eq!(world.standing(&open).await, ("open".to_owned(), 3));
    assert_eq!(world.send(world.introspecting(&token)).await.json()["active"], true);
    assert_eq!(world.attempt(&open, &person.right(&open.asked)).await.told(), success(200));
}

#[tokio::test]
async fn e3_a_user_of_one_tenant_is_nobody_to_another() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let theirs = |call: Call| world.send(call.bearer(&world.other.api_key));

    // The same user id, with other digests: a person of their own.
    let before = Opened::from(&theirs(world.initiating(&person.id)).await);
    let decoy = theirs(world.attempting(&before, &person.right(&before.asked))).await;
    let body = json!({ "user_id": person.id, "factors": person.wrong(&person.factors) });
    let enrolled = theirs(world.enrolling(&person).json(&body)).await;
    let mine = world.opened(&person).await;
    let mine = world.attempt(&mine, &person.right(&mine.asked)).await;

    assert_eq!(decoy.told(), problem(401, "authentication-failed"));
    assert_eq!(enrolled.told(), success(201));
    assert_eq!(mine.told(), success(200));
}

#[tokio::test]
async fn e3_the_same_idempotency_key_means_something_else_to_another_tenant() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let call = world.initiating(&person.id);

    let mine = Opened::from(&world.send(call.clone()).await);
    let theirs = Opened::from(&world.send(call.bearer(&world.other.api_key)).await);

    assert_ne!(mine.id, theirs.id);
    assert_ne!(mine.capability, theirs.capability);
}

#[tokio::test]
async fn e3_a_capability_is_worth_nothing_at_another_tenants_verification() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let mine = world.opened(&person).await;
    let theirs = Opened::from(&world.send(world.initiating(&person.id).bearer(&world.other.api_key)).await);

    let status = world.send(world.asking_status(&mine).bearer(&theirs.capability)).await;
    let attempt = world.attempting(&mine, &person.right(&mine.asked)).bearer(&theirs.capability);
    let attempt = world.send(attempt).await;

    assert_eq!([status.told(), attempt.told()], [problem(403, "forbidden"), problem(403, "forbidden")]);
    assert_eq!(world.standing(&mine).await, ("open".to_owned(), 3));
}

#[tokio::test]
async fn a5_who_calls_comes_from_the_credential_whatever_the_headers_say() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let describing = Call::new(Function::DescribeEnrollment, "enrolled").path("user_id", &person.id);
    let tenant = world.tenant.id.to_string();

    for header in ["x-tenant-id", "x-user-id", "x-api-key", "x-forwarded-for", "forwarded", "x-amzn-authorizer"] {
        let call = describing.clone().bearer(&world.other.api_key).header(header, &tenant);
        assert_eq!(world.send(call).await.status, 404, "{header}");
    }
}
