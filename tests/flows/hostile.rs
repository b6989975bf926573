//! E1 without a list: bodies and events that nobody thought of.

use std::sync::LazyLock;

use countersign_tests::{Answer, Call, Opened, Person, World};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::malformed::every_route;

/// A world with an open verification, shared by all cases: none of them may harm it.
static SCENE: LazyLock<(Runtime, World, Person, Opened)> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let (world, person, opened) = runtime.block_on(async {
        let world = World::new().await;
        let person = world.enrolled(1, &["pin", "nfc"]).await;
        let opened = world.opened(&person).await;
        (world, person, opened)
    });
    (runtime, world, person, opened)
});

fn routes_with_a_body() -> Vec<Call> {
    let (_, world, person, opened) = &*SCENE;
    every_route(world, person, opened).into_iter().filter(|call| call.body() != Value::Null).collect()
}

fn sent(call: Call) -> Answer {
    let (runtime, world, ..) = &*SCENE;
    runtime.block_on(world.send(call))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn e1_arbitrary_bytes_are_refused_by_every_body_parser(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        use base64::Engine;
        let body = base64::engine::general_purpose::STANDARD.encode(&bytes);

        for call in routes_with_a_body() {
            let answer = sent(call.base64(&body));

            prop_assert_eq!(answer.status, 400, "{:?}", answer);
        }
    }

    #[test]
    fn e1_a_body_with_changed_characters_is_never_a_fault_of_the_service(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<char>()), 1..4),
    ) {
        for call in routes_with_a_body() {
            let mut text: Vec<char> = call.body().to_string().chars().collect();
            for (place, character) in &changes {
                let place = place.index(text.len());
                text[place] = *character;
            }

            let answer = sent(call.text(&text.iter().collect::<String>()));

            prop_assert!(answer.status < 500, "{:?}", answer);
        }
    }

    #[test]
    fn e1_a_body_with_a_changed_member_is_never_a_fault_of_the_service(
        place in any::<prop::sample::Index>(),
        value in any_json(),
    ) {
        for call in routes_with_a_body() {
            let mut body = call.body();
            let mut pointers = Vec::new();
            collect_pointers(&body, String::new(), &mut pointers);
            *body.pointer_mut(place.get(&pointers).as_str()).unwrap() = value.clone();

            let answer = sent(call.json(&body));

            prop_assert!(answer.status < 500, "{:?}", answer);
        }
    }

    #[test]
    fn e1_arbitrary_credentials_are_nobodys(
        scheme in prop::sample::select(vec!["", "Bearer ", "bearer csk_test_", "Bearer csk_live_", "Bearer csc_", "Basic "]),
        text in "\\PC{0,120}",
    ) {
        let (_, world, _, opened) = &*SCENE;

        let answer = sent(world.asking_status(opened).header("authorization", &format!("{scheme}{text}")));

        prop_assert_eq!(answer.status, 403, "{:?}", answer);
    }

    #[test]
    fn e1_odd_headers_paths_and_queries_are_never_a_fault_of_the_service(
        name in "[a-z-]{1,20}",
        value in "[ -~\u{e0}-\u{ff}]{0,40}",
        path in "/[ -~\u{e0}-\u{ff}]{0,40}",
        // Without the characters that no URI holds (RFC 3986 §2): lambda_http 1.3 panics over them before we are asked.
        query in "[!$-;=?-~\u{e0}-\u{ff}]{0,40}",
    ) {
        // The gateway writes these itself, over whatever the caller sent.
        prop_assume!(!["host", "x-forwarded-proto", "authorization"].contains(&name.as_str()));
        let (_, world, person, opened) = &*SCENE;
        for call in every_route(world, person, opened) {
            let call = call.header(&name, &value);
            let call = call.with("/rawPath", json!(path)).with("/rawQueryString", json!(query));

            let answer = sent(call);

            prop_assert!(answer.status < 500, "{:?}", answer);
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{0,10}", inner, 0..5).prop_map(|map| json!(map)),
        ]
    })
}

/// The JSON pointers of a value's parts, itself included.
fn collect_pointers(value: &Value, here: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| collect_pointers(value, format!("{here}/{name}"), pointers));
        }
        Value::Array(values) => values
            .iter()
            .enumerate()
            .for_each(|(position, value)| collect_pointers(value, format!("{here}/{position}"), pointers)),
        _ => {}
    }
    pointers.push(here);
}
