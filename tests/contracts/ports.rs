//! A function's IAM statements are its ports: no right that the code does not use, no port without its right.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::repository::{files, files_of, read};
use crate::template::{Statement, functions};

/// What each port needs in AWS: actions, the resources that they are allowed on, and, in tables whose other items are not the
/// port's business, the partitions. Where one port's actions differ in that, the name of the action follows the port's.
const RIGHTS: &[Right<'_>] = &[
    ("AdvanceSessionEpoch", &["dynamodb:UpdateItem"], &["CoreTable.Arn"], &["t/*/session-epoch/*"]),
    ("AppendBatch", &["dynamodb:UpdateItem"], &["AuditTable.Arn"], &["log/*"]),
    ("BeginRequest", &["dynamodb:UpdateItem"], &["EphemeralTable.Arn"], &[]),
    ("ChangeListings", &["dynamodb:PutItem"], &["CoreTable.Arn"], &["listings", "outbox/*"]),
    ("ChangeListingsDelete", &["dynamodb:DeleteItem"], &["CoreTable.Arn"], &["listings"]),
    ("CheckKey", &["kms:DescribeKey"], &["Key.Arn"], &[]),
    (
        "CheckReadiness",
        &["dynamodb:GetItem", "sqs:GetQueueAttributes"],
        &["AuditQueue.Arn", "CoreTable.Arn", "EphemeralTable.Arn"],
        &["t/*/u/*", "t/*/v/*"],
    ),
    ("ClaimAttempt", &["dynamodb:UpdateItem"], &["EphemeralTable.Arn"], &[]),
    (
        "CompleteVerification",
        &["dynamodb:UpdateItem"],
        &["CoreTable.Arn", "EphemeralTable.Arn"],
        &["t/*/u/*", "t/*/v/*"],
    ),
    ("CreateApiKey", &["dynamodb:PutItem"], &["CoreTable.Arn"], &["api-key/*", "outbox/*", "t/*/api-keys"]),
    ("CreateEnrollment", &["dynamodb:PutItem"], &["CoreTable.Arn"], &["outbox/*", "t/*/u/*"]),
    ("DisableUser", &["dynamodb:UpdateItem"], &["CoreTable.Arn"], &["t/*/u/*"]),
    ("DrainOutbox", &["dynamodb:BatchWriteItem", "dynamodb:Query"], &["CoreTable.Arn"], &["outbox/*"]),
    ("DrawPermits", &["dynamodb:UpdateItem"], &["EphemeralTable.Arn"], &[]),
    ("EraseUser", &["dynamodb:PutItem", "dynamodb:UpdateItem"], &["CoreTable.Arn"], &["outbox/*", "t/*/u/*"]),
    ("FailAttempt", &["dynamodb:UpdateItem"], &["EphemeralTable.Arn"], &[]),
    ("FindAccount", &["dynamodb:GetItem"], &["CoreTable.Arn"], &["t/*/u/*"]),
    ("FindApiKey", &["dynamodb:GetItem"], &["CoreTable.Arn"], &["api-key/*"]),
    ("FindBranchKey", &["dynamodb:GetItem"], &["CoreTable.Arn"], &["t/*/branch-key"]),
    ("FindCurrentEnrollment", &["dynamodb:GetItem"], &["CoreTable.Arn"], &["t/*/u/*"]),
    ("FindEnrollment", &["dynamodb:GetItem"], &["CoreTable.Arn"], &["t/*/u/*"]),
    ("FindEvents", &["dynamodb:Query"], &["AuditTable.Arn"], &["t/*"]),
    ("FindListings", &["dynamodb:Query"], &["CoreTable.Arn"], &["listings"]),
    ("FindLogHeads", &["dynamodb:BatchGetItem"], &["AuditTable.Arn"], &["log/*"]),
    ("FindSession", &["dynamodb:GetItem"], &["CoreTable.Arn"], &["t/*/u/*"]),
    ("FindSessionEpoch", &["dynamodb:GetItem"], &["CoreTable.Arn"], &["t/*/session-epoch/*"]),
    ("FindVerification", &["dynamodb:GetItem"], &["EphemeralTable.Arn"], &[]),
    ("FinishRequest", &["dynamodb:DeleteItem", "dynamodb:UpdateItem"], &["EphemeralTable.Arn"], &[]),
    ("IndexEvents", &["dynamodb:BatchWriteItem"], &["AuditTable.Arn"], &["t/*"]),
    ("KeepEvents", &["dynamodb:PutItem"], &["CoreTable.Arn"], &["outbox/*"]),
    ("KeepObjects", &["s3:GetObject", "s3:PutObject", "s3:PutObjectTagging"], &["${AuditBucket.Arn}/shard-*"], &[]),
    ("LeaseShard", &["dynamodb:UpdateItem"], &["AuditTable.Arn"], &["log/*"]),
    ("ListApiKeys", &["dynamodb:Query"], &["CoreTable.Arn"], &["t/*/api-keys"]),
    ("ListBranchKeys", &["dynamodb:Query"], &["CoreTable.Arn"], &["branch-keys/*"]),
    ("ListSessions", &["dynamodb:GetItem"], &["CoreTable.Arn"], &["t/*/u/*"]),
    ("ListSigningKeys", &["dynamodb:Query"], &["CoreTable.Arn"], &["signing-keys"]),
    ("NoteApiKeyUse", &["dynamodb:UpdateItem"], &["CoreTable.Arn"], &["t/*/api-keys"]),
    ("OpenVerification", &["dynamodb:PutItem"], &["EphemeralTable.Arn"], &[]),
    ("PublishCheckpoint", &["sns:Publish"], &["CheckpointTopic"], &[]),
    ("RecogniseEvents", &["dynamodb:BatchGetItem"], &["AuditTable.Arn"], &["t/*"]),
    ("RecordEvents", &["sqs:SendMessage"], &["AuditQueue.Arn"], &[]),
    ("ReserveFailure", &["dynamodb:UpdateItem"], &["CoreTable.Arn"], &["t/*/u/*"]),
    (
        "RetireSigningKey",
        &["dynamodb:PutItem", "dynamodb:UpdateItem"],
        &["CoreTable.Arn"],
        &["outbox/*", "signing-keys"],
    ),
    ("RetireSigningKeyDelete", &["dynamodb:DeleteItem"], &["CoreTable.Arn"], &["signing-keys"]),
    ("RevokeApiKey", &["dynamodb:UpdateItem"], &["CoreTable.Arn"], &["api-key/*", "t/*/api-keys"]),
    ("RevokeSession", &["dynamodb:UpdateItem"], &["CoreTable.Arn"], &["t/*/u/*"]),
    ("RevokeSessions", &["dynamodb:UpdateItem"], &["CoreTable.Arn"], &["t/*/u/*"]),
    (
        "RotateApiKey",
        &["dynamodb:PutItem", "dynamodb:UpdateItem"],
        &["CoreTable.Arn"],
        &["api-key/*", "outbox/*", "t/*/api-keys"],
    ),
    ("RotateBranchKey", &["dynamodb:PutItem"], &["CoreTable.Arn"], &["branch-keys/*", "outbox/*", "t/*/branch-key"]),
    ("RotateFactors", &["dynamodb:PutItem", "dynamodb:UpdateItem"], &["CoreTable.Arn"], &["outbox/*", "t/*/u/*"]),
    ("RotateRefreshToken", &["dynamodb:UpdateItem"], &["CoreTable.Arn"], &["t/*/u/*"]),
    ("SignHeaders", &["kms:GetPublicKey", "kms:Sign"], &["AuditLogKey.Arn"], &[]),
    ("UnlockAccount", &["dynamodb:UpdateItem"], &["CoreTable.Arn"], &["t/*/u/*"]),
    ("UnwrapKey", &["kms:Decrypt"], &["Key.Arn"], &[]),
    ("UpgradeVerifiers", &["dynamodb:UpdateItem"], &["CoreTable.Arn"], &["t/*/u/*"]),
    ("WrapKey", &["kms:Encrypt"], &["Key.Arn"], &[]),
];

type Right<'a> = (&'a str, &'a [&'a str], &'a [&'a str], &'a [&'a str]);

/// The queue that a function sends to, where it is not the trail's recorder.
const SENT_TO: [(&str, &str); 2] = [("audit-writer", "ReconcileQueue.Arn"), ("drain-outbox", "AuditQueue.Arn")];

#[test]
fn a_functions_statements_are_its_ports() {
    let ports = port_traits();

    for function in functions() {
        let sids = function.statements.iter().map(|statement| port(&statement.sid).to_owned());
        assert_eq!(sids.collect::<BTreeSet<_>>(), ports_of(&function.binary, &ports), "{}", function.binary);
    }
}

#[test]
fn a_statement_allows_what_its_port_needs_and_no_more() {
    for function in functions() {
        let written: BTreeSet<Statement> = function.statements.iter().cloned().collect();
        let sids: BTreeSet<&str> = written.iter().map(|statement| statement.sid.as_str()).collect();
        let purposes = purposes(&function.binary);
        let needed = RIGHTS.iter().filter(|(sid, ..)| sids.contains(port(sid))).map(allowing);
        let needed = needed.map(|statement| match statement.sid.as_str() {
            "UnwrapKey" | "WrapKey" => Statement { purposes: purposes.clone(), ..statement },
            _ => statement,
        });
        let sending = SENT_TO.iter().filter(|(sender, _)| *sender == function.binary);
        let sending = sending.map(|(_, queue)| allowing(&("SendEvents", &["sqs:SendMessage"], &[queue], &[])));
        assert_eq!(written, needed.chain(sending).collect(), "{}", function.binary);
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
    for (port, actions, resources, partitions) in RIGHTS {
        assert!(!actions.iter().any(|action| action.contains("Scan") || action.contains('*')), "{port}");
        assert!(!resources.iter().any(|resource| resource.starts_with('*')), "{port}");
        let is_limited = !partitions.is_empty() || !resources.contains(&"CoreTable.Arn");
        assert!(is_limited, "{port}: the core table's other items are not its business");
    }
}

/// What the log promises is no function's choice: one writes and signs it, one takes events out of the outbox, and none
/// deletes what is in the log.
#[test]
fn only_its_writer_writes_the_log_and_only_the_drain_empties_the_outbox() {
    let may = |action: &str, resource: &str| -> BTreeSet<String> {
        let allows = |statement: &Statement| {
            statement.actions.contains(action) && statement.resources.iter().any(|of| of.contains(resource))
        };
        functions().into_iter().filter(|it| it.statements.iter().any(allows)).map(|it| it.binary).collect()
    };
    let writers_of = |partition: &str| -> BTreeSet<String> {
        let writes = |statement: &Statement| {
            let changes = statement.actions.iter().any(|action| WRITES.contains(&action.as_str()));
            let anywhere = statement.partitions.is_empty();
            let reaches = anywhere || statement.partitions.iter().any(|of| of.starts_with(partition));
            statement.resources.contains("CoreTable.Arn") && changes && reaches
        };
        functions().into_iter().filter(|it| it.statements.iter().any(writes)).map(|it| it.binary).collect()
    };
    let only = |function: &str| BTreeSet::from([function.to_owned()]);

    assert_eq!(may("kms:Sign", "AuditLogKey"), only("audit-writer"));
    assert_eq!(may("s3:PutObject", "AuditBucket"), only("audit-writer"));
    assert_eq!(may("dynamodb:BatchWriteItem", "AuditTable"), only("audit-writer"));
    assert_eq!(may("dynamodb:UpdateItem", "AuditTable"), only("audit-writer"));
    for action in ["dynamodb:PutItem", "dynamodb:DeleteItem"] {
        assert_eq!(may(action, "AuditTable"), BTreeSet::new(), "{action}");
    }
    for action in ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"] {
        assert_eq!(may(action, "AuditBucket"), BTreeSet::new(), "{action}");
    }
    assert_eq!(may("dynamodb:BatchWriteItem", "CoreTable"), only("drain-outbox"));
    assert_eq!(writers_of("api-key/"), only("admin"), "nobody else makes, changes or revives an API key");
    let deletes = functions().into_iter().flat_map(|function| function.statements).filter(|statement| {
        statement.resources.contains("CoreTable.Arn") && statement.actions.contains("dynamodb:DeleteItem")
    });
    for statement in deletes {
        let partition = if statement.sid == "RetireSigningKeyDelete" { "signing-keys" } else { "listings" };
        assert_eq!(statement.partitions, owned(&[partition]), "{}", statement.sid);
    }
}

/// Actions that change an item.
const WRITES: [&str; 4] = ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];

/// Whoever records events has both halves of the recorder: the queue, and the outbox behind it.
fn with_both_halves(mut ports: BTreeSet<String>) -> BTreeSet<String> {
    if ports.contains("RecordEvents") {
        ports.insert("KeepEvents".to_owned());
    }
    ports
}

fn allowing((sid, actions, resources, partitions): &Right<'_>) -> Statement {
    Statement {
        sid: (*sid).to_owned(),
        effect: "Allow".to_owned(),
        actions: owned(actions),
        resources: owned(resources),
        partitions: owned(partitions),
        purposes: BTreeSet::new(),
    }
}

/// What the keys are for that a function may wrap or unwrap: those that its code keeps at hand, or makes.
fn purposes(function: &str) -> BTreeSet<String> {
    let named = words_of(function);
    let kept = [("BranchKeys", "branch-key"), ("SigningKeys", "signing-key")];
    let made = [("next_branch_key", "branch-key"), ("new_signing_key", "signing-key")];
    let purposes = kept.into_iter().chain(made).filter(|(word, _)| named.contains(*word));
    purposes.map(|(_, purpose)| purpose.to_owned()).collect()
}

/// The port that a statement is for.
fn port(sid: &str) -> &str {
    sid.strip_suffix("Delete").unwrap_or(sid)
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
    let named = words_of(function);
    with_both_halves(ports.iter().filter(|port| named.contains(*port)).cloned().collect())
}

/// The words in the code of a function's library.
fn words_of(function: &str) -> BTreeSet<String> {
    let folder = format!("functions/{function}/src/");
    let sources = files().into_iter().filter(|path| path.starts_with(&folder) && !path.ends_with("/main.rs"));
    let mut named = BTreeSet::new();
    for path in sources {
        let source = read(&path);
        let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        let words = code.flat_map(|line| line.split(|symbol: char| !symbol.is_alphanumeric() && symbol != '_'));
        named.extend(words.map(str::to_owned));
    }
    named
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
const PORT_FILES: [&str; 5] = [
    "shared/audit-log/src/objects.rs",
    "shared/audit-log/src/publish.rs",
    "shared/audit/src/sink.rs",
    "shared/crypto/src/header_signature.rs",
    "shared/crypto/src/key_wrap.rs",
];
