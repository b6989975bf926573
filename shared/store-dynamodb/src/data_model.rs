//! `docs/DATA_MODEL.md` is held equal to the code.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{BranchKeyVersion, SecretHash};
use store::EventKey;

use crate::examples::{
    Kind, SHARD, SUBJECT, at, counter_key, event_id, kinds, request_key, tenant, user, verification_id,
};
use crate::item::Item;
use crate::keys::{self, Key, PK, SK};
use crate::size::item_bytes;

const DOCUMENT: &str = include_str!("../../../docs/DATA_MODEL.md");
const KEYS: &str = include_str!("keys.rs");

#[test]
fn the_table_of_keys_shows_what_the_functions_give() {
    let hash = SecretHash::new([0xab; 32]);
    let rows: Vec<String> = [
        ("core", "enrollment", keys::enrollment(tenant(), user())),
        ("core", "tombstone", keys::enrollment(tenant(), user())),
        ("core", "account", keys::account(tenant(), user())),
        ("core", "session epoch", keys::session_epoch(tenant(), 11)),
        ("core", "branch key", keys::branch_key(tenant(), BranchKeyVersion::new(7).unwrap())),
        ("core", "newest branch key", keys::newest_branch_key(tenant())),
        ("core", "registered branch key", keys::registered_branch_key(tenant())),
        ("core", "API key", keys::api_key(hash)),
        ("core", "listed API key", keys::listed_api_key(tenant(), hash.into())),
        ("core", "signing key", keys::signing_key(&"kid-1".parse().unwrap())),
        ("core", "listing", keys::listing(&"network/198.51.100.0/24".parse().unwrap())),
        ("core", "outbox event", keys::outbox_event(event_id())),
        ("ephemeral", "verification", keys::verification(tenant(), verification_id())),
        ("ephemeral", "request", keys::request(tenant(), request_key())),
        ("ephemeral", "counter", keys::counter(&counter_key())),
        ("audit", "event by subject", keys::event_by_subject(&event())),
        ("audit", "event by time", keys::event_by_time(tenant(), at(0), event_id())),
        ("audit", "log head", keys::log_head(SHARD)),
    ]
    .into_iter()
    .map(|(table, item, Key { pk, sk })| {
        let sk = sk.map_or(String::new(), |sk| format!("`{sk}` "));
        format!("| {table} | {item} | `{pk}` | {sk}|")
    })
    .collect();

    let above: Vec<&str> =
        KEYS.lines().filter_map(|line| line.strip_prefix("//! |")).filter(|line| line.contains('`')).collect();
    assert_eq!(above, rows.iter().map(|row| &row[1..]).collect::<Vec<_>>());
    for row in rows {
        assert!(DOCUMENT.contains(&row), "docs/DATA_MODEL.md lacks the row\n{row}");
    }
}

#[test]
fn every_attribute_is_documented_with_its_type() {
    for kind in kinds().iter().filter(|kind| kind.name != "newest branch key") {
        let documented: BTreeSet<String> =
            section(kind).filter(|line| line.starts_with("| `")).map(first_two).collect();
        let written: BTreeSet<String> = kind
            .largest
            .iter()
            .filter(|(name, _)| ![PK, SK].contains(&name.as_str()))
            .map(|(name, value)| format!("| `{name}` | {} ", type_name(value)))
            .collect();

        assert_eq!(documented, written, "the section of {}", kind.name);
    }
}

#[test]
fn b5_sizes_and_units_are_as_documented() {
    let rows = kinds().into_iter().map(|kind| {
        let [usual, largest] = [&kind.usual, &kind.largest].map(item_bytes);
        let writes = [usual, largest].map(|bytes| bytes.div_ceil(1024));
        let (name, table, reads) = (kind.name, kind.table, largest.div_ceil(4096));
        format!("| {table} | {name} | {usual} | {largest} | {reads} | {} | {} |", writes[0], writes[1])
    });

    let missing: Vec<String> = rows.filter(|row| !DOCUMENT.contains(row)).collect();
    assert!(missing.is_empty(), "docs/DATA_MODEL.md lacks\n{}", missing.join("\n"));
}

#[test]
fn only_what_may_be_deleted_has_a_time_to_live() {
    let with: Vec<&str> =
        kinds().iter().filter(|kind| kind.largest.contains_key("ttl")).map(|kind| kind.name).collect();

    let expected = ["account", "listing", "verification", "request", "counter", "event by subject", "event by time"];
    assert_eq!(with, expected);
}

#[test]
fn e3_what_belongs_to_a_tenant_begins_with_it() {
    let of_nobody = ["API key", "registered branch key", "signing key", "listing", "outbox event", "log head"];
    let own = format!("t/{}/", tenant());
    for kind in kinds() {
        for item in [&kind.usual, &kind.largest] {
            assert_eq!(item[PK].as_s().unwrap().starts_with(&own), !of_nobody.contains(&kind.name), "{}", kind.name);
        }
    }
}

#[test]
fn the_retention_of_every_kind_is_stated() {
    let start = DOCUMENT.find("\n## Retention\n").unwrap();
    let rows: Vec<Vec<&str>> = DOCUMENT[start..]
        .lines()
        .skip(2)
        .take_while(|line| !line.starts_with('#'))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();

    for kind in kinds() {
        let row = rows.iter().find(|row| row.get(1) == Some(&kind.name));
        let row = row.unwrap_or_else(|| panic!("docs/DATA_MODEL.md says nothing of {}'s retention", kind.name));
        assert!(row[2].starts_with(kind.table), "{}: {}", kind.name, row[2]);
        assert_eq!(row[4].contains("`ttl`"), kind.largest.contains_key("ttl"), "{}: {}", kind.name, row[4]);
    }
}

#[test]
fn a_time_to_live_is_later_than_every_expiry() {
    let ends = [
        ("listing", "expires", 86_400),
        ("verification", "expires", 900),
        ("request", "begun", 900),
        ("counter", "spent", 900),
        ("event by subject", "kept", 0),
        ("event by time", "kept", 0),
    ];
    for (name, end, kept) in ends {
        let item = kinds().into_iter().find(|kind| kind.name == name).unwrap().usual;

        let (seconds, millis) = (number(&item, "ttl"), number(&item, end));

        assert!(seconds * 1000 >= millis + kept * 1000, "{name}");
    }
}

#[test]
fn an_account_outlives_its_latest_failure_and_its_sessions() {
    let item = kinds().into_iter().find(|kind| kind.name == "account").unwrap().largest;
    let sessions = item["sessions"].as_m().unwrap().values();

    let latest = number(&item, "latest") + 24 * 3_600_000;
    let ends = sessions.map(|session| number(session.as_m().unwrap(), "expires")).chain([latest]);

    assert!(ends.max().unwrap() < number(&item, "ttl") * 1000);
}

fn event() -> EventKey {
    EventKey { tenant: tenant(), subject: SUBJECT, id: event_id() }
}

fn number(item: &Item, name: &str) -> i64 {
    item[name].as_n().unwrap().parse().unwrap()
}

fn section(kind: &Kind) -> impl Iterator<Item = &'static str> {
    let heading = format!("### {} ({})", kind.name, kind.table);
    let start = DOCUMENT.find(&heading).unwrap_or_else(|| panic!("docs/DATA_MODEL.md has no {heading}"));
    DOCUMENT[start..].lines().skip(1).take_while(|line| !line.starts_with('#'))
}

fn first_two(row: &str) -> String {
    let cells: Vec<&str> = row.split('|').collect();
    format!("|{}|{}", cells[1], cells[2])
}

fn type_name(value: &AttributeValue) -> &'static str {
    match value {
        AttributeValue::S(_) => "S",
        AttributeValue::N(_) => "N",
        AttributeValue::B(_) => "B",
        AttributeValue::M(_) => "M",
        AttributeValue::L(_) => "L",
        AttributeValue::Bs(_) => "BS",
        other => panic!("no documented type: {other:?}"),
    }
}
