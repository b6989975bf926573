//! Whose requests are counted, and under which key.

use std::collections::BTreeSet;
use std::net::IpAddr;

use domain::{CounterKey, LimitSubject, ListedSubject, SourceAddress, TenantId, UserId};
use proptest::prelude::*;

fn source(text: &str) -> String {
    SourceAddress::from_transport(text.parse().unwrap()).address().to_string()
}

#[test]
fn a5_a_source_is_an_ipv4_address_or_an_ipv6_network_of_64_bits() {
    assert_eq!(source("198.51.100.7"), "198.51.100.7");
    assert_eq!(source("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    assert_eq!(source("2001:db8:1:2::"), "2001:db8:1:2::");
    assert_eq!(source("2001:db8:1:3::"), "2001:db8:1:3::");
    assert_eq!(source("::1"), "::");
    // An IPv4 address has one spelling only.
    assert_eq!(source("::ffff:198.51.100.7"), "198.51.100.7");
}

proptest! {
    #[test]
    fn a5_all_addresses_of_a_network_are_one_source(network: u64, one: u64, other: u64) {
        let address = |host: u64| IpAddr::from(((u128::from(network) << 64) | u128::from(host)).to_be_bytes());
        prop_assume!(network != 0);

        prop_assert_eq!(SourceAddress::from_transport(address(one)), SourceAddress::from_transport(address(other)));
        let elsewhere = IpAddr::from((u128::from(network ^ 1) << 64).to_be_bytes());
        prop_assert_ne!(SourceAddress::from_transport(address(one)), SourceAddress::from_transport(elsewhere));
    }

    #[test]
    fn a_listed_network_is_one_entry_however_it_is_written(address: u32, prefix in 0..=32u8) {
        let address = std::net::Ipv4Addr::from(address);
        let subject: ListedSubject = format!("network/{address}/{prefix}").parse().unwrap();

        let again: ListedSubject = subject.to_string().parse().unwrap();
        prop_assert_eq!(again, subject);
        let ListedSubject::Network(network) = subject else { return Err(TestCaseError::fail("no network")) };
        prop_assert_eq!(network.addr(), network.network());
    }
}

#[test]
fn e3_no_two_subjects_share_a_key() {
    let (a, b) = (TenantId::from_keyed_bytes([1; 16]), TenantId::from_keyed_bytes([2; 16]));
    let user = UserId::from_keyed_bytes([1; 16]);
    let address = SourceAddress::from_transport("198.51.100.7".parse().unwrap());
    let subjects = [
        LimitSubject::Everybody { shard: 0 },
        LimitSubject::Everybody { shard: 1 },
        LimitSubject::Tenant(a),
        LimitSubject::Tenant(b),
        LimitSubject::Source(a, address),
        LimitSubject::Source(b, address),
        LimitSubject::User(a, user),
        LimitSubject::User(b, user),
    ];

    let keys: BTreeSet<_> =
        subjects.iter().flat_map(|subject| ["user", "source"].map(|name| CounterKey::new(name, *subject))).collect();

    assert_eq!(keys.len(), 2 * subjects.len());
}

#[test]
fn every_key_but_everybodys_begins_with_its_tenant() {
    let tenant = TenantId::from_keyed_bytes([1; 16]);
    let user = UserId::from_keyed_bytes([2; 16]);
    let address = SourceAddress::from_transport("2001:db8::1".parse().unwrap());
    let key = |subject| CounterKey::new("name", subject).to_string();

    let prefix = "t/01010101-0101-8101-8101-010101010101/l/name";
    assert_eq!(key(LimitSubject::Everybody { shard: 7 }), "l/name/7");
    assert_eq!(key(LimitSubject::Tenant(tenant)), prefix);
    assert_eq!(key(LimitSubject::Source(tenant, address)), format!("{prefix}/2001:db8::"));
    assert_eq!(key(LimitSubject::User(tenant, user)), format!("{prefix}/02020202-0202-8202-8202-020202020202"));
}

#[test]
fn what_is_no_subject_is_not_listed() {
    for text in [
        "",
        "network",
        "network/",
        "network/198.51.100.7",
        "network/198.51.100.0/33",
        "tenant/x",
        "user/01010101-0101-8101-8101-010101010101",
        "User/01010101-0101-8101-8101-010101010101/02020202-0202-8202-8202-020202020202",
        "source/198.51.100.7",
    ] {
        assert!(text.parse::<ListedSubject>().is_err(), "{text}");
    }
}
