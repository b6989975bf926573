//! Exporting: all that is stored of a user, and nothing that checks anything.

use countersign_tests::{Call, Embedded, Person, Ports, World};
use serde_json::{Value, json};

use crate::backends::Valkey;
use crate::problems::{problem, success};

#[tokio::test]
async fn an_export_is_complete_in_memory() {
    complete(World::new().await).await;
}

#[tokio::test]
async fn an_export_is_complete_on_embedded_dynamodb() {
    complete(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test]
async fn an_export_is_complete_on_valkey() {
    Box::pin(complete(Valkey::start().await.world().await)).await;
}

async fn complete<S: Ports>(world: World<S>) {
    let person = Person::new(1, &["pin", "nfc"]);
    let body = json!({ "user_id": person.id, "factors": person.enrolled(), "device_id": "phone-7" });
    world.send(world.enrolling(&person).json(&body).from_address(SOURCE)).await;
    let earlier = world.verified(&person).await;
    let tokens = world.verified(&person).await;
    let opened = world.opened(&person).await;
    world.attempt(&opened, &person.wrong(&opened.asked)).await;
    let until = json!("2027-01-01T00:00:00Z");
    let listing = json!({"command": "put_listing", "subject": format!("user/{}/{}", world.tenant.id, person.id), "access": "allowed", "expires_at": until});
    world.tell(&listing.to_string()).await.unwrap();
    world.trail().await;

    let exported = world.send(world.exporting(&person.id, &tokens.text("access_token"))).await;

    assert_eq!(exported.told(), success(200), "{exported:?}");
    let page = exported.json();
    let enrollment = &page["enrollment"];
    assert_eq!((&enrollment["device_id"], &enrollment["key_version"]), (&json!("phone-7"), &json!(1)));
    assert_eq!(enrollment["factors"][1], json!({ "type": "nfc", "category": "possession" }));
    let sessions: Vec<&str> = list(&page["account"]["sessions"]).map(|session| text(&session["session_id"])).collect();
    for tokens in [&earlier, &tokens] {
        assert!(sessions.contains(&tokens.text("session_id").as_str()), "{sessions:?}");
    }
    assert_eq!(list(&page["account"]["failed_at"]).count(), 1);
    assert_eq!(page["listing"]["access"], "allowed");
    let told: Vec<&String> =
        list(&page["events"]).flat_map(|event| event["outcome"].as_object().unwrap().keys()).collect();
    for outcome in ["enrollment_created", "verification_opened", "verification_succeeded", "attempt_wrong"] {
        assert!(told.iter().any(|told| *told == outcome), "{outcome} is not in {told:?}");
    }
    let created = list(&page["events"]).find(|event| event["outcome"]["enrollment_created"].is_object()).unwrap();
    assert_eq!(created["personal"]["source_address"], SOURCE);
    assert_eq!(page.get("next_cursor"), None);
    never_what_checks(&exported.body, &person);
}

#[tokio::test]
async fn an_export_goes_on_where_a_page_ended() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    for _ in 0..120 {
        world.opened(&person).await;
        world.clock.advance(std::time::Duration::from_secs(2));
    }
    for _ in 0..120 {
        let opened = world.opened(&person).await;
        world.attempt(&opened, &person.right(&opened.asked)).await;
        world.clock.advance(std::time::Duration::from_secs(2));
    }
    let token = world.stepped_up(&person).await;
    let all = world.trail().await.len();

    let first = world.send(world.exporting(&person.id, &token)).await.json();
    let cursor = text(&first["next_cursor"]).to_owned();
    // Long after, with a token that is fresh by then.
    world.clock.advance(std::time::Duration::from_secs(3_600));
    let late = world.send(world.exporting(&person.id, &token).query("cursor", &cursor)).await;
    let token = world.stepped_up(&person).await;
    let second = world.send(world.exporting(&person.id, &token).query("cursor", &cursor)).await.json();

    assert_eq!(late.told(), problem(401, "step-up-required"));
    assert_eq!((first["events"].as_array().unwrap().len(), second.get("enrollment")), (200, None));
    let ids: std::collections::BTreeSet<&str> =
        list(&first["events"]).chain(list(&second["events"])).map(|event| text(&event["id"])).collect();
    assert_eq!((ids.len(), second.get("next_cursor")), (all, None), "each once, and none of after the first page");
}

#[tokio::test]
async fn exporting_is_an_event_of_the_persons_trail() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let token = world.stepped_up(&person).await;

    world.send(world.exporting(&person.id, &token).from_address(SOURCE)).await;
    world.trail().await;
    let trail = world.send(world.reading_trail().query("user_id", &person.id)).await.json();

    let exported = list(&trail["events"]).find(|event| event["outcome"]["data_exported"].is_object()).unwrap();
    assert_eq!(exported["personal"]["source_address"], SOURCE);
}

#[tokio::test]
async fn e1_a_malformed_cursor_or_another_parameter_is_refused() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let token = world.stepped_up(&person).await;

    for (name, value) in [("cursor", "x"), ("cursor", ""), ("limit", "5"), ("user_id", person.id.as_str())] {
        let refused = world.send(world.exporting(&person.id, &token).query(name, value)).await;
        assert_eq!(refused.told(), problem(400, "invalid-request"), "{name}={value}");
    }
}

#[tokio::test]
async fn e3_an_export_holds_nothing_of_another_user() {
    let world = World::new().await;
    let (person, other) = (world.enrolled(1, &["pin", "nfc"]).await, world.enrolled(2, &["pin", "nfc"]).await);
    let others = world.verified(&other).await;
    let token = world.stepped_up(&person).await;
    world.trail().await;
    let cursor_of_another = ExportedCursor::of(&world, &other, &others.text("access_token")).await;

    for call in [world.exporting(&person.id, &token), with(world.exporting(&person.id, &token), &cursor_of_another)] {
        let exported = world.send(call).await;
        assert_eq!(exported.status, 200);
        assert!(!exported.body.contains(&other.id) && !exported.body.contains(&others.text("session_id")));
    }
}

/// Another user's export has no second page here; what a cursor holds is enough to make one.
struct ExportedCursor;

impl ExportedCursor {
    async fn of(world: &World, person: &Person, token: &str) -> String {
        let page = world.send(world.exporting(&person.id, token)).await.json();
        let last = list(&page["events"]).next().unwrap();
        let at: jiff::Timestamp = text(&last["at"]).parse().unwrap();
        let id = text(&last["id"]).parse().unwrap();
        let until = text(&page["exported_at"]).parse().unwrap();
        export::ExportCursor { until, after: store::EventCursor { at, id } }.to_string()
    }
}

fn with(call: Call, cursor: &str) -> Call {
    call.query("cursor", cursor)
}

/// No digest, and no sealed or hashed value: nothing that is long and has no spaces but ids, times and pseudonyms.
fn never_what_checks(body: &str, person: &Person) {
    for factor in &person.factors {
        assert!(!body.contains(&person.digest(factor)));
    }
    let page: Value = serde_json::from_str(body).unwrap();
    let mut texts = Vec::new();
    gather(&page, &mut texts);
    let long: Vec<&String> =
        texts.iter().filter(|text| text.len() > 36 && text.parse::<jiff::Timestamp>().is_err()).collect();
    assert!(long.iter().all(|text| text.starts_with("urn:countersign:acr:")), "{long:?}");
}

fn gather(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| gather(value, texts)),
        Value::Object(members) => members.values().for_each(|value| gather(value, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

const SOURCE: &str = "198.51.100.77";
