//! The audit log's bucket, key and second place, as the template makes them.

use std::time::Duration;

use audit::RETENTION;
use serde_json::{Value, json};

use crate::repository::{files_of, read, yaml};

#[test]
fn the_logs_objects_are_locked_and_forgotten_after_their_retention_only() {
    let template = yaml("template.yaml");
    let bucket = bucket(&template);

    let lock = &bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"];
    assert_eq!(
        (&bucket["ObjectLockEnabled"], &bucket["VersioningConfiguration"]["Status"]),
        (&json!(true), &json!("Enabled"))
    );
    assert_eq!(*lock, json!({ "Mode": "AuditLockMode", "Days": "AuditLockDays" }));
    let forgets = &bucket["LifecycleConfiguration"]["Rules"][0];
    assert_eq!(forgets["TagFilters"], json!([{ "Key": "kind", "Value": "payload" }]), "headers stay");
    assert!(read("shared/audit-log/src/s3.rs").contains("\"kind=payload\""), "payloads have another tag");
    let days = forgets["ExpirationInDays"].as_u64().unwrap();
    assert_eq!(Duration::from_secs((days - 1) * 24 * 60 * 60), RETENTION);
    let locked = &template["Parameters"]["AuditLockDays"];
    assert_eq!((&locked["MinValue"], locked["MaxValue"].as_u64()), (&json!(1), Some(days - 1)));
    assert_eq!(template["Parameters"]["AuditLockMode"]["Default"], "GOVERNANCE");
}

#[test]
fn nobody_outside_reaches_the_log_and_nobody_puts_an_object_twice() {
    let template = yaml("template.yaml");

    for block in ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"] {
        assert_eq!(bucket(&template)["PublicAccessBlockConfiguration"][block], true, "{block}");
    }
    let policy = &template["Resources"]["AuditBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"];
    let denied = |sid: &str| {
        let statement = policy.as_array().unwrap().iter().find(|statement| statement["Sid"] == sid).unwrap();
        assert_eq!((&statement["Effect"], &statement["Principal"]), (&json!("Deny"), &json!("*")), "{sid}");
        statement["Condition"].clone()
    };
    let twice = json!({ "Null": { "s3:if-none-match": "true" }, "Bool": { "s3:ObjectCreationOperation": "true" } });
    assert_eq!(denied("NothingTwice"), twice);
    assert_eq!(denied("NothingInTheClear"), json!({ "Bool": { "aws:SecureTransport": "false" } }));
}

#[test]
fn the_log_outlives_its_stack() {
    let template = yaml("template.yaml");
    for resource in ["AuditBucket", "AuditLogKey", "AuditTable", "AuditDeadLetters", "ReconcileDeadLetters"] {
        let resource_of = &template["Resources"][resource];
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            assert_eq!(resource_of[policy], "Retain", "{resource}");
        }
    }
}

#[test]
fn the_logs_key_signs_as_headers_are_signed_and_does_nothing_else() {
    let template = yaml("template.yaml");
    let key = &template["Resources"]["AuditLogKey"]["Properties"];

    assert_eq!((&key["KeySpec"], &key["KeyUsage"]), (&json!("ECC_NIST_P256"), &json!("SIGN_VERIFY")));
}

#[test]
fn the_outbox_is_drained_and_checkpoints_are_published_each_minute() {
    let template = yaml("template.yaml");
    for function in ["DrainOutbox", "PublishCheckpoints"] {
        let schedule = &template["Resources"][function]["Properties"]["Events"]["EveryMinute"];
        assert_eq!(schedule["Type"], "ScheduleV2", "{function}");
        assert_eq!(schedule["Properties"]["ScheduleExpression"], "rate(1 minute)", "{function}");
    }
}

#[test]
fn what_an_alarm_looks_for_in_the_log_is_what_a_function_writes() {
    let template = yaml("template.yaml");
    let sources: Vec<String> =
        files_of("rs").into_iter().filter(|path| path.contains("/src/")).map(|path| read(&path)).collect();
    let resources = template["Resources"].as_object().unwrap().values();
    let filters: Vec<&Value> = resources.filter(|it| it["Type"] == "AWS::Logs::MetricFilter").collect();

    for filter in &filters {
        let pattern = filter["Properties"]["FilterPattern"].as_str().unwrap();
        let message = pattern.strip_prefix("{ $.message = ").and_then(|rest| rest.strip_suffix(" }")).unwrap();
        assert!(sources.iter().any(|source| source.contains(message)), "nothing logs {message}");
    }
    assert_eq!(filters.len(), 2);
}

fn bucket(template: &Value) -> &Value {
    &template["Resources"]["AuditBucket"]["Properties"]
}
