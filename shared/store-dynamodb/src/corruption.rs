//! Items that cannot be: every attribute of every kind of item missing, of another type, or out of its range.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{BranchKeyVersion, SecretHash};
use store::{StoreError, StoreErrorKind};

use crate::examples::{kinds, session_id, tenant, user, verification_id};
use crate::item::{Item, TTL, bytes, text};
use crate::keys::{self, PK, SK};
use crate::reader::Reader;
use crate::{api_key, branch_key, enrollment, event, session, signing_key, verification};

/// Reads an item of the named kind; only whether it can be is of interest.
fn read(kind: &str, item: &Item) -> Result<(), StoreError> {
    let (operation, table) = ("Test", "the-table");
    match kind {
        "enrollment" => enrollment::parse(operation, table, tenant(), user(), item).map(|_| ()),
        "session" => session::parse(operation, table, tenant(), user(), session_id(), item).map(|_| ()),
        "branch key" | "newest branch key" => {
            let key = keys::branch_key(tenant(), BranchKeyVersion::FIRST);
            branch_key::parse(&Reader { operation, table, key: &key, item }, tenant()).map(|_| ())
        }
        "API key" => {
            let hash = SecretHash::new([0xab; 32]);
            api_key::parse(&Reader { operation, table, key: &keys::api_key(hash), item }, hash).map(|_| ())
        }
        "signing key" => signing_key::parse(operation, table, item).map(|_| ()),
        "verification" => verification::parse(operation, table, tenant(), verification_id(), item).map(|_| ()),
        "event" => event::parse(operation, table, tenant(), [0xcd; 16], item).map(|_| ()),
        other => panic!("no kind {other}"),
    }
}

fn assert_corrupt(kind: &str, item: &Item, what: &str) {
    let error = read(kind, item).expect_err(what);
    assert_eq!(error.kind, StoreErrorKind::Corrupt, "{kind}: {what}");
    let place = error.source.to_string();
    assert!(place.contains("the-table") && place.contains(": impossible "), "{kind}: {what}: {place}");
}

#[test]
fn what_this_crate_writes_it_reads() {
    for kind in kinds() {
        read(kind.name, &kind.usual).unwrap();
        read(kind.name, &kind.largest).unwrap();
    }
}

#[test]
fn an_attribute_of_another_type_is_corrupt() {
    for kind in kinds() {
        for name in kind.largest.keys().filter(|name| ![PK, TTL].contains(&name.as_str())) {
            if name == SK && !["signing key", "event"].contains(&kind.name) {
                continue;
            }
            let mut item = kind.largest.clone();
            item.insert(name.clone(), AttributeValue::Bool(true));
            assert_corrupt(kind.name, &item, name);
        }
    }
}

#[test]
fn a_missing_attribute_is_corrupt_unless_it_is_optional() {
    let optional = [
        ("enrollment", "device"),
        ("session", "revoked"),
        ("API key", "expires"),
        ("signing key", "retires"),
        ("verification", "txn"),
    ];
    for kind in kinds() {
        for name in kind.largest.keys().filter(|name| ![PK, SK, TTL].contains(&name.as_str())) {
            let mut item = kind.largest.clone();
            item.remove(name);
            if optional.contains(&(kind.name, name.as_str())) {
                read(kind.name, &item).unwrap();
            } else {
                assert_corrupt(kind.name, &item, name);
            }
        }
    }
}

#[test]
fn a_value_out_of_its_range_is_corrupt() {
    let number = |digits: &str| AttributeValue::N(digits.to_owned());
    let attempts = |pairs: &[(&str, &str)]| {
        AttributeValue::M(pairs.iter().map(|(key, value)| ((*key).to_owned(), text(value))).collect())
    };
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|end| format!("018f0000-0000-7000-8000-00000000000{end}"));
    let cases = [
        ("enrollment", "key_version", number("0")),
        ("enrollment", "key_version", number("1.5")),
        ("enrollment", "key_version", number("4294967296")),
        ("enrollment", "branch", number("0")),
        ("enrollment", "factors", text("pin+moon")),
        ("enrollment", "factors", text("nfc+pin")),
        ("enrollment", "factors", text("")),
        ("enrollment", "created", number("9223372036854775807")),
        ("enrollment", "req_key", text("not-a-key")),
        ("enrollment", "req_body", bytes([6; 31])),
        ("enrollment", "sets", bytes([])),
        ("session", "expires", number("1")),
        ("session", "refresh", bytes([8; 33])),
        ("branch key", "version", number("-1")),
        ("API key", "tenant", text("T")),
        ("verification", "user", text("somebody")),
        ("verification", "expires", number("1")),
        ("verification", "txn", bytes([5; 16])),
        ("verification", "attempts", attempts(&[])),
        ("verification", "attempts", attempts(&[("no-key", "right")])),
        ("verification", "attempts", attempts(&[(&a, "right"), (&b, "right")])),
        ("verification", "attempts", attempts(&[(&a, "right"), (&b, "maybe")])),
        ("verification", "attempts", attempts(&[(&a, "right"), (&b, "wrong/3")])),
        ("verification", "attempts", attempts(&[(&a, "right"), (&b, "claimed"), (&c, "claimed"), (&d, "claimed")])),
        ("event", "sk", text("no-event")),
    ];
    for (name, attribute, value) in cases {
        let kind = kinds().into_iter().find(|kind| kind.name == name).unwrap();
        let mut item = kind.largest;
        item.insert(attribute.to_owned(), value);
        assert_corrupt(name, &item, attribute);
    }
}

#[test]
fn an_error_names_the_place_and_no_value() {
    let kind = kinds().into_iter().find(|kind| kind.name == "enrollment").unwrap();
    let mut item = kind.largest;
    item.insert("factors".to_owned(), text("canary-value"));

    let error = read("enrollment", &item).unwrap_err();

    assert_eq!(
        error.source.to_string(),
        format!("item t/{}/u/{}, enrollment of table the-table: impossible factors", tenant(), user())
    );
    assert!(!format!("{error:?}").contains("canary-value"));
}
