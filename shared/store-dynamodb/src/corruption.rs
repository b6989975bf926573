//! Items that cannot be: every attribute of every kind of item, and every entry inside one, missing, of another type, or out
//! of its range.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{BranchKeyVersion, SecretHash};
use store::{StoreError, StoreErrorKind};

use crate::examples::{SHARD, SUBJECT, at, counter_key, event_id, kinds, request_key, tenant, user, verification_id};
use crate::item::{Item, TTL, bytes, text};
use crate::keys::{self, PK, SK};
use crate::reader::Reader;
use crate::{
    account, api_key, branch_key, counter, enrollment, event, key_register, listing, log_head, outbox, request,
    session_epoch, signing_key, verification,
};

/// Reads an item of the named kind; only whether it can be is of interest.
fn read(kind: &str, item: &Item) -> Result<(), StoreError> {
    let (operation, table) = ("Test", "the-table");
    match kind {
        "enrollment" | "tombstone" => enrollment::parse_current(operation, table, (tenant(), user()), item).map(|_| ()),
        "account" => account::parse(operation, table, tenant(), user(), item).map(|_| ()),
        "session epoch" => {
            session_epoch::parse(&Reader { operation, table, key: &keys::session_epoch(tenant(), 11), item })
                .map(|_| ())
        }
        "branch key" | "newest branch key" => {
            let key = keys::branch_key(tenant(), BranchKeyVersion::FIRST);
            branch_key::parse(&Reader { operation, table, key: &key, item }, tenant()).map(|_| ())
        }
        "registered branch key" => {
            let partition = keys::registered_branch_key(tenant()).pk;
            key_register::parse(operation, table, &partition, item).map(|_| ())
        }
        "API key" => {
            let hash = SecretHash::new([0xab; 32]);
            api_key::parse(&Reader { operation, table, key: &keys::api_key(hash), item }, hash).map(|_| ())
        }
        "listed API key" => api_key::parse_listed(operation, table, tenant(), item).map(|_| ()),
        "signing key" => signing_key::parse(operation, table, item).map(|_| ()),
        "listing" => listing::parse(operation, table, item).map(|_| ()),
        "verification" => verification::parse(operation, table, tenant(), verification_id(), item).map(|_| ()),
        "request" => {
            let key = keys::request(tenant(), request_key());
            request::parse(&Reader { operation, table, key: &key, item }).map(|_| ())
        }
        "counter" => {
            counter::parse(&Reader { operation, table, key: &keys::counter(&counter_key()), item }).map(|_| ())
        }
        "outbox event" => outbox::parse(operation, table, &keys::outbox_event(event_id()).pk, item).map(|_| ()),
        "event by subject" => event::parse_by_subject(operation, table, (tenant(), SUBJECT), item).map(|_| ()),
        "event by time" => {
            let partition = keys::event_by_time(tenant(), at(0), event_id()).pk;
            event::parse_by_time(operation, table, (tenant(), &partition), item).map(|_| ())
        }
        "log head" => log_head::parse(&Reader { operation, table, key: &keys::log_head(SHARD), item }).map(|_| ()),
        other => panic!("no kind {other}"),
    }
}

fn assert_corrupt(kind: &str, item: &Item, what: &str) {
    let error = read(kind, item).expect_err(what);
    assert_eq!(error.kind, StoreErrorKind::Corrupt, "{kind}: {what}");
    let place = error.source.to_string();
    assert!(place.contains("the-table") && place.contains(": impossible "), "{kind}: {what}: {place}");
}

/// Whether the key's own attribute is read: it holds an id then.
fn is_read(kind: &str, name: &str) -> bool {
    match name {
        PK | TTL => false,
        SK => [
            "registered branch key",
            "listed API key",
            "signing key",
            "listing",
            "outbox event",
            "event by subject",
            "event by time",
        ]
        .contains(&kind),
        _ => true,
    }
}

/// What may be missing of an item or of what is inside it; `*` stands for every entry.
const OPTIONAL: [(&str, &str); 27] = [
    ("enrollment", "device"),
    ("enrollment", "disabled"),
    ("account", "factors"),
    ("account", "sessions.*"),
    ("account", "sessions.*.revoked"),
    ("account", "sessions.*.txn"),
    ("API key", "expires"),
    ("API key", "mode"),
    ("API key", "name"),
    ("API key", "replaced"),
    ("API key", "revoked"),
    ("API key", "scopes"),
    ("listed API key", "expires"),
    ("listed API key", "mode"),
    ("listed API key", "name"),
    ("listed API key", "replaced"),
    ("listed API key", "revoked"),
    ("listed API key", "scopes"),
    ("listed API key", "used"),
    ("signing key", "retires"),
    ("verification", "txn"),
    ("verification", "turns"),
    ("request", "answer"),
    ("counter", "state.violations"),
    ("counter", "state.violations.blocked"),
    ("counter", "state.recent.*"),
    ("log head", "edge"),
];

#[test]
fn what_this_crate_writes_it_reads() {
    for kind in kinds() {
        read(kind.name, &kind.usual).unwrap();
        read(kind.name, &kind.largest).unwrap();
    }
}

#[test]
fn a_value_of_another_type_is_corrupt() {
    for kind in kinds() {
        for path in paths(&kind.largest).filter(|path| is_read(kind.name, &path[0])) {
            let item = with(&kind.largest, &path, Some(AttributeValue::Null(true)));
            assert_corrupt(kind.name, &item, &path.join("."));
        }
    }
}

#[test]
fn a_missing_value_is_corrupt_unless_it_is_optional() {
    for kind in kinds() {
        for path in paths(&kind.largest).filter(|path| ![PK, SK, TTL].contains(&path[0].as_str())) {
            let item = with(&kind.largest, &path, None);
            let pattern: Vec<&str> = path.iter().map(|step| if is_entry(step) { "*" } else { step }).collect();
            let pattern = pattern.join(".");
            if OPTIONAL.contains(&(kind.name, &pattern)) {
                read(kind.name, &item).unwrap();
            } else if pattern != "attempts.*" {
                assert_corrupt(kind.name, &item, &path.join("."));
            }
        }
    }
}

/// A position in a list, or an id.
fn is_entry(step: &str) -> bool {
    step.len() == 36 || step.parse::<usize>().is_ok()
}

/// Every path of names and positions into an item.
fn paths(item: &Item) -> impl Iterator<Item = Vec<String>> {
    fn below(value: &AttributeValue) -> Vec<Vec<String>> {
        let entries: Vec<(String, &AttributeValue)> = match value {
            AttributeValue::M(map) => map.iter().map(|(name, value)| (name.clone(), value)).collect(),
            AttributeValue::L(list) => list.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
            _ => Vec::new(),
        };
        let paths = entries.into_iter().flat_map(|(step, value)| {
            let deeper = below(value).into_iter().map({
                let step = step.clone();
                move |path| [vec![step.clone()], path].concat()
            });
            [vec![step]].into_iter().chain(deeper.collect::<Vec<_>>())
        });
        paths.collect()
    }
    below(&AttributeValue::M(item.clone())).into_iter()
}

/// The item with another value at the path, or with none.
fn with(item: &Item, path: &[String], value: Option<AttributeValue>) -> Item {
    fn set(at: &mut AttributeValue, path: &[String], value: Option<AttributeValue>) {
        let (step, deeper) = path.split_first().unwrap();
        match (at, deeper.is_empty(), value) {
            (AttributeValue::M(map), false, value) => set(map.get_mut(step).unwrap(), deeper, value),
            (AttributeValue::L(list), false, value) => set(&mut list[step.parse::<usize>().unwrap()], deeper, value),
            (AttributeValue::M(map), true, Some(value)) => drop(map.insert(step.clone(), value)),
            (AttributeValue::M(map), true, None) => drop(map.remove(step)),
            (AttributeValue::L(list), true, Some(value)) => list[step.parse::<usize>().unwrap()] = value,
            (AttributeValue::L(list), true, None) => drop(list.remove(step.parse().unwrap())),
            (other, ..) => panic!("no path into {other:?}"),
        }
    }
    let mut whole = AttributeValue::M(item.clone());
    set(&mut whole, path, value);
    whole.as_m().unwrap().clone()
}

#[test]
fn a_value_out_of_its_range_is_corrupt() {
    let cases = [
        ("enrollment", "key_version", number("0")),
        ("enrollment", "key_version", number("1.5")),
        ("enrollment", "key_version", number("4294967296")),
        ("enrollment", "branch", number("0")),
        ("enrollment", "factors", text("pin+moon")),
        ("enrollment", "factors", text("nfc+pin")),
        ("enrollment", "factors", text("")),
        ("enrollment", "created", number("9223372036854775807")),
        ("enrollment", "disabled", number("9223372036854775807")),
        ("enrollment", "req_key", text("not-a-key")),
        ("enrollment", "req_body", bytes([6; 31])),
        ("enrollment", "sets", bytes([])),
        ("API key", "tenant", text("somebody")),
        ("API key", "mode", text("both")),
        ("API key", "name", text("")),
        ("API key", "scopes", text("")),
        ("API key", "scopes", text("everything")),
        ("API key", "replaced", text("abab")),
        ("listed API key", "sk", text("babababababababa")),
        ("listed API key", "hash", bytes([0xba; 32])),
        ("listed API key", "hash", bytes([0xab; 31])),
        ("listed API key", "scopes", text("audit audit")),
        ("tombstone", "erased", number("9223372036854775807")),
        ("account", "factors", number("-1")),
        ("account", "latest", number("1")),
        ("account", "failures", AttributeValue::L(vec![number("1"); 11])),
        ("account", "reserved", AttributeValue::Bs((0..10).map(|mark| Blob::new([mark; 9])).collect())),
        ("account", "reserved", AttributeValue::Bs(vec![Blob::new([1; 8])])),
        ("branch key", "version", number("-1")),
        ("branch key", "version", number("1")),
        ("registered branch key", "version", number("0")),
        ("registered branch key", "sk", text("018f0000-0000-7000-8000-00000000000b")),
        ("API key", "tenant", text("T")),
        ("listing", "sk", text("network/198.51.100.7/24")),
        ("listing", "sk", text("network/198.51.100.0")),
        ("listing", "access", text("tolerated")),
        ("verification", "user", text("somebody")),
        ("verification", "expires", number("1")),
        ("verification", "seed", bytes([5; 15])),
        ("verification", "turns", number("256")),
        ("verification", "txn", bytes([5; 16])),
        ("request", "nonce", bytes([4; 7])),
        ("counter", "version", number("-1")),
        ("outbox event", "sk", text("no-event")),
        ("outbox event", "sk", text("018f0000-0000-7000-8000-00000000000d")),
        ("outbox event", "payload", bytes([])),
        ("event by subject", "sk", text("no-event")),
        ("event by subject", "shard", number("65536")),
        ("event by subject", "batch", number("0")),
        ("event by subject", "index", number("-1")),
        ("event by subject", "payload", bytes([])),
        ("event by time", "sk", text("1793491234567/no-event")),
        ("event by time", "sk", text("018f0000-0000-7000-8000-00000000000e")),
        ("event by time", "sk", text("1793491234568/018f0000-0000-7000-8000-00000000000e")),
        ("event by time", "sk", text("1793491234567/018f0000-0000-7000-8000-00000000000d")),
        ("event by time", "at", number("1793491234568")),
        ("event by time", "subject", bytes([0xcd; 15])),
        ("log head", "batch", number("0")),
        ("log head", "batch", number("18446744073709551616")),
        ("log head", "header", bytes([])),
        ("log head", "edge", bytes([5; 33])),
        ("log head", "settled", number("1099511627776")),
        ("log head", "holder", bytes([6; 15])),
    ];
    for (name, attribute, value) in cases {
        assert_corrupt(name, &with(&largest(name), &[attribute.to_owned()], Some(value)), attribute);
    }
}

#[test]
fn an_entry_out_of_its_range_is_corrupt() {
    let account = |session: usize, value: AttributeValue| {
        let id = largest("account")["sessions"].as_m().unwrap().keys().nth(session).unwrap().clone();
        ("account", vec!["sessions".to_owned(), id, "expires".to_owned()], value)
    };
    let path = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
    let cases = [
        account(0, number("1")),
        ("account", path("sessions.no-session"), entry_of("account", "sessions")),
        ("account", path("sessions.018f0000-0000-7000-8000-000000000001"), entry_of("account", "sessions")),
        ("verification", path("attempts.no-key"), entry_of("verification", "attempts")),
        ("verification", path("attempts.018f0000-0000-7000-8000-000000000001"), entry_of("verification", "attempts")),
        ("verification", path("attempts"), AttributeValue::M(Item::new())),
        ("verification", path("verified.answer"), bytes([])),
        ("verification", path("verified.at"), number("4102444800000")),
        ("counter", path("state.full"), number("1")),
        ("counter", path("state.violations.count"), number("0")),
        ("counter", path("state.violations.count"), number("256")),
        ("counter", path("state.current"), number("-1")),
        ("counter", path("state.recent.0.permits"), number("0")),
        ("counter", path("state.recent.0.draw"), bytes([1; 15])),
        ("counter", path("state.recent"), AttributeValue::L(vec![entry_of("counter", "state"); 5])),
    ];
    for (name, path, value) in cases {
        assert_corrupt(name, &with(&largest(name), &path, Some(value)), &path.join("."));
    }
}

#[test]
fn an_attempt_that_no_transition_leads_to_is_corrupt() {
    let attempts = largest("verification")["attempts"].as_m().unwrap().clone();
    for (key, attempt) in &attempts {
        let state = attempt.as_m().unwrap()["state"].as_s().unwrap();
        let others = ["claimed", "right", "wrong", "maybe"].into_iter().filter(|other| other != state);
        for other in others {
            let path = ["attempts", key, "state"].map(str::to_owned);
            assert_corrupt("verification", &with(&largest("verification"), &path, Some(text(other))), other);
        }
        let path = ["attempts", key, "remaining"].map(str::to_owned);
        assert_corrupt("verification", &with(&largest("verification"), &path, Some(number("3"))), "remaining");
    }
}

fn number(digits: &str) -> AttributeValue {
    AttributeValue::N(digits.to_owned())
}

fn largest(name: &str) -> Item {
    kinds().into_iter().find(|kind| kind.name == name).unwrap().largest
}

/// Some entry of a map of the largest item.
fn entry_of(name: &str, attribute: &str) -> AttributeValue {
    largest(name)[attribute].as_m().unwrap().values().next().unwrap().clone()
}

#[test]
fn an_error_names_the_place_and_no_value() {
    let item = with(&largest("enrollment"), &["factors".to_owned()], Some(text("canary-value")));

    let error = read("enrollment", &item).unwrap_err();

    assert_eq!(
        error.source.to_string(),
        format!("item t/{}/u/{}, enrollment of table the-table: impossible factors", tenant(), user())
    );
    assert!(!format!("{error:?}").contains("canary-value"));
}
