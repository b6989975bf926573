//! E3: every port takes the tenant whose records it reads or changes, so that no implementation can forget it. That the keys of what
//! belongs to a tenant begin with it, the stores' own tests say.

use std::collections::BTreeSet;

use crate::repository::{files_of, read};

/// The ports of what belongs to no tenant, each with the reason.
const OF_NOBODY: [(&str, &str); 14] = [
    ("AppendBatch", "a shard of the log has all tenants' events"),
    ("ChangeListings", "the list is the operator's; its subjects have their tenants"),
    ("CheckReadiness", "asks about the store"),
    ("CreateSigningKey", "signing keys are the deployment's"),
    ("DrainOutbox", "the outbox has all tenants' events"),
    ("DrawPermits", "a counter's key is made of its subject, which has its tenant, unless it is everybody"),
    ("FindApiKey", "whose the key is, is what is asked"),
    ("FindListings", "every process reads the whole list"),
    ("FindLogHeads", "a shard of the log has all tenants' events"),
    ("KeepEvents", "an event says itself whom it is about"),
    ("LeaseShard", "a shard of the log has all tenants' events"),
    ("ListBranchKeys", "a part of the register has keys of all tenants, each with its own"),
    ("ListSigningKeys", "signing keys are the deployment's"),
    ("RetireSigningKey", "signing keys are the deployment's"),
];

#[test]
fn e3_every_port_takes_the_tenant() {
    let sources: Vec<String> = sources("shared/store/src/").collect();
    let carriers = carriers();
    let calls: Vec<(&str, &str)> = sources.iter().flat_map(|source| calls(source)).collect();
    assert!(calls.len() >= 40, "{calls:?}");

    for (port, call) in calls {
        let takes = words(call).any(|word| word == "TenantId" || carriers.contains(word));
        let of_nobody = OF_NOBODY.iter().any(|(name, _)| *name == port);
        assert_ne!(takes, of_nobody, "{port}: {call}");
    }
}

/// The calls of all ports: the port's name, and the call's up to its answer.
fn calls(source: &str) -> impl Iterator<Item = (&str, &str)> {
    source.split("\npub trait ").skip(1).flat_map(|port| {
        let name = words(port).next().unwrap_or_default();
        let body = port.split("\n}").next().unwrap_or_default();
        let calls = body.split("    fn ").skip(1).filter_map(|call| call.split_once("-> impl Future"));
        calls.map(move |(call, _)| (name, call))
    })
}

/// The records that have their tenant inside, at any depth.
fn carriers() -> BTreeSet<String> {
    let sources: Vec<String> = sources("shared/store/src/").chain(sources("shared/domain/src/")).collect();
    let records: Vec<&str> = sources.iter().flat_map(|source| source.split("\npub struct ").skip(1)).collect();
    let mut carriers = BTreeSet::new();
    loop {
        let before = carriers.len();
        for record in &records {
            let is_block = record.lines().next().is_some_and(|line| line.ends_with('{'));
            let body = record.split(if is_block { "\n}" } else { "\n" }).next().unwrap_or_default();
            let mut words = words(body);
            let name = words.next().unwrap_or_default();
            if words.any(|word| word == "TenantId" || carriers.contains(word)) {
                carriers.insert(name.to_owned());
            }
        }
        if carriers.len() == before {
            return carriers;
        }
    }
}

fn sources(folder: &'static str) -> impl Iterator<Item = String> {
    let paths =
        files_of("rs").into_iter().filter(move |path| path.starts_with(folder) && !path.contains("/conformance/"));
    paths.map(|path| read(&path))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|symbol: char| !symbol.is_alphanumeric() && symbol != '_').filter(|word| !word.is_empty())
}
