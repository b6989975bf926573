//! A function's IAM statements are its ports: no right that the code does not use, no port without its right.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::repository::{files, files_of, read};
use crate::template::{Statement, functions};

/// What each port needs in AWS: actions, and the resources that they are allowed on.
const RIGHTS: &[(&str, &[&str], &[&str])] = &[
    ("BeginRequest", &["dynamodb:UpdateItem"], &["EphemeralTable.Arn"]),
    ("ChangeListings", &["dynamodb:DeleteItem", "dynamodb:UpdateItem"], &["CoreTable.Arn"]),
    ("CheckKey", &["kms:DescribeKey"], &["Key.Arn"]),
    (
        "CheckReadiness",
        &["dynamodb:GetItem", "sqs:GetQueueAttributes"],
        &["AuditQueue.Arn", "CoreTable.Arn", "EphemeralTable.Arn"],
    ),
    ("ClaimAttempt", &["dynamodb:UpdateItem"], &["EphemeralTable.Arn"]),
    ("CompleteVerification", &["dynamodb:UpdateItem"], &["CoreTable.Arn", "EphemeralTable.Arn"]),
    ("CreateEnrollment", &["dynamodb:PutItem"], &["CoreTable.Arn"]),
    ("DrawPermits", &["dynamodb:UpdateItem"], &["EphemeralTable.Arn"]),
    ("FailAttempt", &["dynamodb:UpdateItem"], &["EphemeralTable.Arn"]),
    ("FindApiKey", &["dynamodb:GetItem"], &["CoreTable.Arn"]),
    ("FindBranchKey", &["dynamodb:GetItem"], &["CoreTable.Arn"]),
    ("FindEnrollment", &["dynamodb:GetItem"], &["CoreTable.Arn"]),
    ("FindListings", &["dynamodb:Query"], &["CoreTable.Arn"]),
    ("FindSession", &["dynamodb:GetItem"], &["CoreTable.Arn"]),
    ("FindVerification", &["dynamodb:GetItem"], &["EphemeralTable.Arn"]),
    ("FinishRequest", &["dynamodb:DeleteItem", "dynamodb:UpdateItem"], &["EphemeralTable.Arn"]),
    ("ListSigningKeys", &["dynamodb:Query"], &["CoreTable.Arn"]),
    ("OpenVerification", &["dynamodb:PutItem"], &["EphemeralTable.Arn"]),
    ("RecordEvent", &["sqs:SendMessage"], &["AuditQueue.Arn"]),
    ("ReserveFailure", &["dynamodb:UpdateItem"], &["CoreTable.Arn"]),
    ("RevokeSession", &["dynamodb:UpdateItem"], &["CoreTable.Arn"]),
    ("StoreEvents", &["dynamodb:PutItem"], &["AuditTable.Arn"]),
    ("UnlockAccount", &["dynamodb:UpdateItem"], &["CoreTable.Arn"]),
    ("UnwrapKey", &["kms:Decrypt"], &["Key.Arn"]),
    ("UpgradeVerifiers", &["dynamodb:UpdateItem"], &["CoreTable.Arn"]),
];

#[test]
fn a_functions_statements_are_its_ports() {
    let ports = port_traits();

    for function in functions() {
        let sids: BTreeSet<String> = function.statements.iter().map(|statement| statement.sid.clone()).collect();
        assert_eq!(sids, ports_of(&function.binary, &ports), "{}", function.binary);
    }
}

#[test]
fn a_statement_allows_what_its_port_needs_and_no_more() {
    for function in functions() {
        let written: BTreeSet<Statement> = function.statements.iter().cloned().collect();
        let sids: BTreeSet<&str> = written.iter().map(|statement| statement.sid.as_str()).collect();
        let needed =
            RIGHTS.iter().filter(|(port, ..)| sids.contains(port)).map(|(port, actions, resources)| Statement {
                sid: (*port).to_owned(),
                effect: "Allow".to_owned(),
                actions: owned(actions),
                resources: owned(resources),
            });
        assert_eq!(written, needed.collect(), "{}", function.binary);
        assert_eq!(written.len(), function.statements.len(), "{}: a statement is there twice", function.binary);
    }
}

#[test]
fn a_function_has_rights_on_the_cache_if_it_has_one_and_no_other_policy() {
    for function in functions() {
        let cached = function.environment.contains_key("COUNTERSIGN_CACHE");
        let expected: &[&str] = if cached { &["CacheAccess"] } else { &[] };
        assert_eq!(function.managed_policies, expected, "{}: other rights are its own statements", function.binary);
        assert_eq!(function.network, if cached { in_the_caches_network() } else { Value::Null }, "{}", function.binary);
    }
}

#[test]
fn nothing_scans_and_nothing_is_allowed_on_everything() {
    for (port, actions, resources) in RIGHTS {
        assert!(!actions.iter().any(|action| action.contains("Scan") || action.contains('*')), "{port}");
        assert!(!resources.iter().any(|resource| resource.contains('*')), "{port}");
    }
}

/// Every port by its name: the traits of the crates that declare ports.
fn port_traits() -> BTreeSet<String> {
    let declaring = files_of("rs").into_iter().filter(|path| {
        let is_source = !path.contains("/conformance/") && !path.contains("/tests/");
        is_source && (path.starts_with("shared/store/src/") || PORT_FILES.contains(&path.as_str()))
    });
    let sources: Vec<String> = declaring.map(|path| read(&path)).collect();
    let lines = sources.iter().flat_map(|source| source.lines());
    let declared = lines.filter_map(|line| line.strip_prefix("pub trait "));
    declared.map(|rest| rest.split([':', ' ', '<']).next().unwrap().to_owned()).collect()
}

/// The ports that a function's library names in its code. A port can't be called without being named in a bound.
fn ports_of(function: &str, ports: &BTreeSet<String>) -> BTreeSet<String> {
    let folder = format!("functions/{function}/src/");
    let sources = files().into_iter().filter(|path| path.starts_with(&folder) && !path.ends_with("/main.rs"));
    let mut named = BTreeSet::new();
    for path in sources {
        let source = read(&path);
        let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        let words = code.flat_map(|line| line.split(|symbol: char| !symbol.is_alphanumeric() && symbol != '_'));
        named.extend(words.map(str::to_owned));
    }
    ports.iter().filter(|port| named.contains(*port)).cloned().collect()
}

fn owned(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// What `!If [WithCache, { SecurityGroupIds: …, SubnetIds: … }, !Ref AWS::NoValue]` reads without its tags.
fn in_the_caches_network() -> Value {
    let groups = json!(["FunctionsGroup"]);
    json!(["WithCache", { "SecurityGroupIds": groups, "SubnetIds": [",", "SubnetIds"] }, "AWS::NoValue"])
}

/// Ports that are not the store's.
const PORT_FILES: [&str; 2] = ["shared/crypto/src/key_wrap.rs", "shared/audit/src/sink.rs"];
