//! What a stage may change of the table, and what an error says.

use proptest::prelude::*;

use crate::{Policy, PolicyError};

fn lease_of(policy: &Policy, name: &str) -> u32 {
    policy.rows().iter().find(|row| row.name == name).unwrap().lease.get()
}

#[test]
fn an_empty_text_and_an_empty_object_change_nothing() {
    for text in ["", "{}", r#"{"user": {}}"#] {
        assert_eq!(text.parse(), Ok(Policy::default()), "{text}");
    }
}

#[test]
fn a_row_is_changed_and_no_other() {
    let text = r#"{"user": {"quota": 7, "period_seconds": 70, "penalty": "escalating"}, "device": null}"#;

    let policy: Policy = text.parse().unwrap();

    let rendered = serde_json::to_value(&policy).unwrap();
    let mut expected = serde_json::to_value(Policy::default()).unwrap();
    expected["user"] = serde_json::json!({"quota": 7, "period_seconds": 70, "lease": 1, "penalty": "escalating"});
    expected["device"] = serde_json::Value::Null;
    assert_eq!(rendered, expected);
    assert_eq!(serde_json::to_string(&policy).unwrap().parse(), Ok(policy));
}

#[test]
fn a_small_quota_gets_a_small_lease_unless_the_stage_says_otherwise() {
    let policy: Policy = r#"{"tenant_verify": {"quota": 300}, "source": {"quota": 99}, "device": {"quota": 20, "lease": 20}}"#
        .parse()
        .unwrap();

    let leases = ["tenant_verify", "source", "device", "tenant_status"].map(|row| lease_of(&policy, row));

    assert_eq!(leases, [3, 1, 20, 50]);
}

#[test]
fn an_error_names_the_row_and_the_field() {
    let table = [
        ("[]", "the table of limits is not one JSON object"),
        ("{} {}", "the table of limits is not one JSON object"),
        ("cänary 4711", "the table of limits is not one JSON object"),
        (r#"{"users": {}}"#, "the table of limits has a limit that does not exist"),
        (r#"{"user": {}, "user": null}"#, "the table of limits has a limit twice"),
        (r#"{"user": 4711}"#, "the limit user is neither an object nor null"),
        (r#"{"user": {"quota": 1, "quota": 2}}"#, "the limit user has a field twice"),
        (r#"{"user": {"4711": 1}}"#, "the limit user has a field besides quota, period_seconds, lease and penalty"),
        (r#"{"user": {"quota": 0}}"#, "the field quota of the limit user is not from 1 to 10000000"),
        (r#"{"user": {"quota": 10000001}}"#, "the field quota of the limit user is not from 1 to 10000000"),
        (r#"{"user": {"quota": "4711"}}"#, "the field quota of the limit user is not from 1 to 10000000"),
        (r#"{"user": {"quota": 1.5}}"#, "the field quota of the limit user is not from 1 to 10000000"),
        (r#"{"user": {"quota": null}}"#, "the field quota of the limit user is not from 1 to 10000000"),
        (r#"{"user": {"quota": 100001}}"#, "the field quota of the limit user is more than one in a millisecond"),
        (r#"{"source": {"period_seconds": 0}}"#, "the field period_seconds of the limit source is not from 1 to 86400"),
        (
            r#"{"source": {"period_seconds": 86401}}"#,
            "the field period_seconds of the limit source is not from 1 to 86400",
        ),
        (r#"{"source": {"penalty": "4711"}}"#, "the field penalty of the limit source is neither none nor escalating"),
        (
            r#"{"source": {"lease": 0}}"#,
            "the field lease of the limit source is not from 1 to 1000 and at most the quota",
        ),
        (
            r#"{"source": {"lease": 1001}}"#,
            "the field lease of the limit source is not from 1 to 1000 and at most the quota",
        ),
        (
            r#"{"source": {"lease": 6, "quota": 5}}"#,
            "the field lease of the limit source is not from 1 to 1000 and at most the quota",
        ),
        (r#"{"user": {"lease": 2}}"#, "the field lease of the limit user is not 1, which is a bucket's only one"),
    ];
    for (text, expected) in table {
        let error: PolicyError = text.parse::<Policy>().unwrap_err();

        assert_eq!(error.to_string(), expected, "{text}");
        assert!(!format!("{error:?}").contains("4711"));
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in r#"[\{\}\[\]":,a-z_0-9 ]{0,60}"#) {
        let _ = text.parse::<Policy>();
    }

    #[test]
    fn whatever_is_accepted_is_within_bounds(quota in 0_u64..20_000_000, period in 0_u64..100_000, lease in 0_u64..2_000) {
        let text = format!(r#"{{"source": {{"quota": {quota}, "period_seconds": {period}, "lease": {lease}}}}}"#);
        let is_within = (1..=10_000_000).contains(&quota) && (1..=86_400).contains(&period)
            && (1..=1_000).contains(&lease) && lease <= quota;

        prop_assert_eq!(text.parse::<Policy>().is_ok(), is_within);
    }
}
