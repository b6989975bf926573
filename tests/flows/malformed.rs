//! What a malformed request is answered, and what it costs: nothing.

use countersign_tests::{Call, Function, Opened, Person, World};
use serde_json::{Value, json};

/// A request that is wrong in one way, and how it is answered.
pub(crate) struct Malformed {
    pub(crate) name: String,
    pub(crate) call: Call,
    pub(crate) status: u16,
}

#[tokio::test]
async fn v10_malformed_input_never_costs_an_attempt() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let opened = world.opened(&person).await;
    let well_formed = || world.attempting(&opened, &person.right(&opened.asked));
    let mut cases = bad_keys(&world, &well_formed);
    cases.extend(bad_bodies(&well_formed));
    cases.extend(bad_factors(&well_formed));
    cases.extend(bad_ids(&well_formed, "verification_id"));
    world.standing(&opened).await;
    let runs = world.kdf.runs();

    for case in cases {
        let _before = world.store.recorder().take();
        let answer = world.send(case.call).await;

        assert_eq!(answer.status, case.status, "{}: {answer:?}", case.name);
        let trace = world.store.recorder().take();
        // The first refusal of a kind is noted in the trail; being malformed is no refusal.
        let on_stores = trace.calls().iter().filter(|call| call.port != "SendEvents");
        assert_eq!((trace.writes(), on_stores.count()), (0, 0), "{}", case.name);
        assert_eq!(world.standing(&opened).await, ("open".to_owned(), 3), "{}", case.name);
    }

    assert_eq!(world.kdf.runs(), runs);
    assert_eq!(world.send(well_formed()).await.status, 200);
}

#[tokio::test]
async fn e1_a_malformed_request_is_a_problem_of_its_sender_on_every_route() {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    let opened = world.opened(&person).await;

    let mut cases = Vec::new();
    for well_formed in every_route(&world, &person, &opened) {
        cases.extend(malformed(&world, &well_formed));
    }
    assert!(cases.len() > 150, "{}", cases.len());
    for case in cases {
        let answer = world.send(case.call).await;

        assert_eq!(answer.status, case.status, "{}: {answer:?}", case.name);
        assert_eq!(answer.header("content-type"), ["application/problem+json"], "{}", case.name);
    }
}

/// One well-formed call of every route that takes more than its path.
pub(crate) fn every_route(world: &World, person: &Person, opened: &Opened) -> Vec<Call> {
    let describing = Call::new(Function::DescribeEnrollment, "enrolled").bearer(&world.tenant.api_key);
    vec![
        world.enrolling(&Person::new(77, &["pin", "nfc"])),
        describing.path("user_id", &person.id),
        world.rotating(&person.id, "no-token", &person.enrolled()),
        world.erasing(&person.id, "no-token"),
        world.exporting(&person.id, "no-token"),
        world.initiating(&person.id),
        world.attempting(opened, &person.right(&opened.asked)),
        world.asking_status(opened),
        world.introspecting("token"),
        world.revoking("token"),
        world.refreshing("token"),
        world.listing_sessions(&person.id),
        world.reading_trail(),
    ]
}

/// The call, malformed in all ways that its route can be.
pub(crate) fn malformed(world: &World, well_formed: &Call) -> Vec<Malformed> {
    let call = || well_formed.clone();
    let function = well_formed.function();
    let mut cases = Vec::new();
    if well_formed.body() != Value::Null {
        cases.extend(bad_bodies(&call));
    }
    match function {
        Function::Enroll => {
            cases.extend(bad_keys(world, &call));
            cases.extend(bad_factors(&call));
            cases.extend(bad_members(&call, "/user_id", &[json!("x"), json!(7), json!(""), json!([])]));
            let long = "x".repeat(129);
            cases.extend(bad_members(&call, "/device_id", &[json!(""), json!(long), json!("a b"), json!("é")]));
        }
        Function::RotateFactors => {
            cases.extend(bad_keys(world, &call));
            cases.extend(bad_factors(&call));
            cases.extend(bad_ids(&call, "user_id"));
        }
        Function::Erase => {
            cases.extend(bad_keys(world, &call));
            cases.extend(bad_ids(&call, "user_id"));
        }
        Function::Export => {
            cases.extend(bad_ids(&call, "user_id"));
            let queries = [("cursor", "x"), ("cursor", ""), ("limit", "5"), ("surprise", "1")];
            let named = queries.map(|(name, value)| case(&format!("{name}={value}"), call().query(name, value), 400));
            cases.extend(named);
        }
        Function::Initiate => {
            cases.extend(bad_keys(world, &call));
            cases.extend(bad_members(&call, "/user_id", &[json!("x"), json!(7), Value::Null, json!({})]));
            cases.extend(bad_members(&call, "/transaction", &bad_transactions()));
        }
        Function::Verify => {
            cases.extend(bad_keys(world, &call));
            cases.extend(bad_factors(&call));
            cases.extend(bad_ids(&call, "verification_id"));
        }
        Function::Status => cases.extend(bad_ids(&call, "verification_id")),
        Function::DescribeEnrollment => cases.extend(bad_ids(&call, "user_id")),
        Function::Revoke => {
            cases.extend(bad_keys(world, &call));
            cases.extend(bad_members(&call, "/token", &[json!(7), Value::Null, json!(["x"])]));
        }
        Function::Introspect => cases.extend(bad_members(&call, "/token", &[json!(7), Value::Null, json!(["x"])])),
        Function::Refresh => {
            cases.extend(bad_keys(world, &call));
            cases.extend(bad_members(&call, "/refresh_token", &[json!(7), Value::Null, json!(["x"])]));
        }
        Function::ListSessions => {
            let queries = [("user_id", "x"), ("user_id", ""), ("surprise", "1")];
            let named = queries.map(|(name, value)| case(&format!("{name}={value}"), call().query(name, value), 400));
            cases.extend(named);
        }
        Function::AuditQuery => cases.extend(bad_queries(&call)),
        Function::Jwks | Function::Health | Function::Authorizer => {}
    }
    cases
}

fn bad_queries(well_formed: &dyn Fn() -> Call) -> Vec<Malformed> {
    let queries = [
        ("user_id", "x"),
        ("from", "yesterday"),
        ("to", "1793491200"),
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "-1"),
        ("cursor", "x"),
        ("surprise", "1"),
    ];
    let named = queries.map(|(name, value)| case(&format!("{name}={value}"), well_formed().query(name, value), 400));
    named.into()
}

fn bad_keys(world: &World, well_formed: &dyn Fn() -> Call) -> Vec<Malformed> {
    let fresh = world.key();
    let at = |offset: i64| {
        let at = domain::Clock::now(&*world.clock) + jiff::SignedDuration::from_secs(offset);
        domain::EventId::at(at, &[1; 10]).to_string()
    };
    let keys = [
        String::new(),
        "order-4711".to_owned(),
        "f47ac10b-58cc-4372-a567-0e02b2c3d479".to_owned(),
        fresh.replace('-', ""),
        format!("{{{fresh}}}"),
        format!("{fresh}, {fresh}"),
        format!("{fresh}\u{e9}"),
        at(-301),
        at(301),
        at(-86_400),
    ];
    let named = keys.iter().map(|key| case(&format!("idempotency key {key:?}"), well_formed().key(key), 400));
    let missing = case("no idempotency key", well_formed().without_header("idempotency-key"), 400);
    named.chain([missing]).collect()
}

fn bad_bodies(well_formed: &dyn Fn() -> Call) -> Vec<Malformed> {
    let body = well_formed().body();
    let members = body.as_object().unwrap();
    let (name, value) = members.iter().next().unwrap();
    let with = |name: &str, value: Value| {
        let mut members = members.clone();
        members.insert(name.to_owned(), value);
        Value::Object(members).to_string()
    };
    let text = body.to_string();
    let texts = [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "7".to_owned(),
        "\"text\"".to_owned(),
        "{}".to_owned(),
        "not JSON".to_owned(),
        format!("{text}{text}"),
        format!("\u{feff}{text}"),
        text.replacen('{', &format!("{{\"{name}\":{value},"), 1),
        json!(members.values().collect::<Vec<_>>()).to_string(),
        with("unknown", json!(1)),
        with("__proto__", json!({"admin": true})),
        with("constructor", json!({"prototype": {}})),
        format!("{}{}", "[".repeat(5_000), "]".repeat(5_000)),
        text.replacen('{', "{\"a\":\"\\ud800\",", 1),
    ];
    let mut cases: Vec<Malformed> =
        texts.iter().map(|text| case(&format!("body {text:.80}"), well_formed().text(text), 400)).collect();
    let padded = format!("{text}{}", " ".repeat(10_241 - text.len()));
    cases.extend([
        case("no body", well_formed().without_body(), 400),
        case("bad UTF-8", well_formed().base64("/////w=="), 400),
        case("10,241 bytes", well_formed().text(&padded), 413),
        case("2 MB", well_formed().text(&with("unknown", json!("x".repeat(2 << 20)))), 413),
        case("no content type", well_formed().without_header("content-type"), 415),
    ]);
    for kind in ["text/plain", "application/xml", "application/json; charset=latin1", "application/jsonx", ""] {
        cases.push(case(&format!("content type {kind:?}"), well_formed().header("content-type", kind), 415));
    }
    cases
}

fn bad_factors(well_formed: &dyn Fn() -> Call) -> Vec<Malformed> {
    let good = json!({"type": "pin", "digest": "ab".repeat(32)});
    let many: Vec<Value> = (0..10_000).map(|_| good.clone()).collect();
    let lists = [
        (json!("pin"), 400),
        (json!({}), 400),
        (Value::Null, 400),
        (json!([null]), 400),
        (json!(["pin"]), 400),
        (json!([[]]), 400),
        (json!([{}]), 400),
        (json!([["pin", "ab".repeat(32)]]), 400),
        (json!([{"type": "pin"}]), 400),
        (json!([{"digest": "ab".repeat(32)}]), 400),
        (json!([{"type": 1, "digest": "ab".repeat(32)}]), 400),
        (json!([{"type": "pin", "digest": 7}]), 400),
        (json!([{"type": "pin", "digest": null}]), 400),
        (json!([{"type": "pin", "digest": ""}]), 400),
        (json!([{"type": "pin", "digest": "ab".repeat(31)}]), 400),
        (json!([{"type": "pin", "digest": "ab".repeat(33)}]), 400),
        (json!([{"type": "pin", "digest": "zz".repeat(32)}]), 400),
        (json!([{"type": "pin", "digest": "é".repeat(32)}]), 400),
        (json!([{"type": "iris", "digest": "ab".repeat(32)}]), 400),
        (json!([{"type": "PIN", "digest": "ab".repeat(32)}]), 400),
        (json!([{"type": "pin", "digest": "ab".repeat(32), "salt": ""}]), 400),
        (json!([good, good]), 400),
        (json!(many), 413),
    ];
    let members = lists.into_iter().map(|(factors, status)| {
        let mut body = well_formed().body();
        body["factors"] = factors;
        let call = well_formed().json(&body);
        case(&format!("factors {:.80}", body["factors"].to_string()), call, status)
    });
    members.collect()
}

fn bad_ids(well_formed: &dyn Fn() -> Call, name: &str) -> Vec<Malformed> {
    let ids = ["x", "..", "%00", "7c9e6679742540de944be07fc1f90ae7", "{7c9e6679-7425-40de-944b-e07fc1f90ae7}", "null"];
    ids.iter().map(|id| case(&format!("{name} {id}"), well_formed().path(name, id), 404)).collect()
}

fn bad_members(well_formed: &dyn Fn() -> Call, pointer: &str, values: &[Value]) -> Vec<Malformed> {
    let calls = values.iter().map(|value| {
        let mut body = well_formed().body();
        body[pointer.trim_start_matches('/')] = value.clone();
        case(&format!("{pointer} {value:.80}"), well_formed().json(&body), 400)
    });
    calls.collect()
}

fn bad_transactions() -> Vec<Value> {
    let good = json!({"amount_minor": 1, "currency": "EUR", "payee": "x", "reference": "y"});
    let changes: [(&str, Value); 18] = [
        ("amount_minor", json!(-1)),
        ("amount_minor", json!(1.5)),
        ("amount_minor", json!("1")),
        ("amount_minor", json!(9_007_199_254_740_992_u64)),
        ("amount_minor", json!(1e300)),
        ("amount_minor", Value::Null),
        ("currency", json!("eur")),
        ("currency", json!("EURO")),
        ("currency", json!("€€€")),
        ("currency", json!("")),
        ("currency", json!(978)),
        ("payee", json!("")),
        ("payee", json!("x".repeat(141))),
        ("payee", json!("a\u{0}b")),
        ("payee", json!({"name": "x"})),
        ("reference", json!("")),
        ("reference", json!("a\nb")),
        ("iban", json!("DE00")),
    ];
    let each = changes.into_iter().map(|(member, value)| {
        let mut transaction = good.clone();
        transaction[member] = value;
        transaction
    });
    each.chain([json!("x"), json!([]), json!([1, "EUR", "x", "y"]), json!({}), json!(7)]).collect()
}

fn case(name: &str, call: Call, status: u16) -> Malformed {
    Malformed { name: format!("{}: {name}", call.function().name()), call, status }
}
