//! Dependencies point one way, clients stay in their adapters, and every outside crate has its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::repository::{self, code_spans, files, files_of, folders, packages, read, table_rows};

/// A package may use packages of earlier layers only. Functions are the layer after these, then the local host, then the
/// tests that span packages.
const LAYERS: [&[&str]; 5] = [
    &["capacity", "domain"],
    &["crypto", "store", "telemetry"],
    &["admission", "audit", "keyring", "kms", "store-dynamodb", "testkit"],
    &["audit-log", "config", "countersign-http"],
    &["denials", "store-valkey"],
];

/// Which package may name which client.
const CLIENTS: [(&str, &str); 7] = [
    ("aws-sdk-dynamodb", "store-dynamodb"),
    ("aws-sdk-elasticache", "store-valkey"),
    ("aws-sdk-kms", "kms"),
    ("aws-sdk-s3", "audit-log"),
    ("aws-sdk-sns", "publish-checkpoints"),
    ("aws-sdk-sqs", "audit"),
    ("redis", "store-valkey"),
];

#[test]
fn dependencies_point_one_way() {
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        for used in own_dependencies(&package) {
            let (user, used_at) = (layer(name), layer(&used));
            assert!(used_at < user, "{name} must not use {used}");
        }
    }
}

#[test]
fn every_package_has_its_layer() {
    let listed: BTreeSet<&str> = LAYERS.into_iter().flatten().copied().chain(["local"]).collect();
    let shared = folders("shared").into_iter().map(|folder| match folder.as_str() {
        "http" => "countersign-http".to_owned(),
        _ => folder,
    });
    assert_eq!(shared.collect::<BTreeSet<_>>(), listed.into_iter().map(str::to_owned).collect());
}

#[test]
fn only_its_adapter_names_a_client() {
    for package in shipped() {
        let name = package["name"].as_str().unwrap();
        for dependency in dependencies(&package, |kind| kind != Some("dev")) {
            let owner = CLIENTS.iter().find(|(client, _)| *client == dependency).map(|(_, owner)| *owner);
            assert!(owner.is_none_or(|owner| owner == name), "{name} names {dependency}");
        }
    }
}

#[test]
fn the_testkit_is_for_tests_only() {
    for package in shipped() {
        let name = package["name"].as_str().unwrap();
        let used = dependencies(&package, |kind| kind != Some("dev"));
        assert!(!used.contains("testkit"), "{name} ships the testkit");
    }
}

#[test]
fn what_only_tests_may_have_is_behind_features_that_only_tests_switch_on() {
    for package in shipped() {
        let shipped =
            package["dependencies"].as_array().unwrap().iter().filter(|dependency| dependency["kind"].is_null());
        for dependency in shipped {
            let features: Vec<&str> =
                dependency["features"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            for feature in ["cheap-kdf", "conformance", "testing"] {
                assert!(!features.contains(&feature), "{} ships {feature}", package["name"]);
            }
        }
    }
}

#[test]
fn versions_and_features_are_chosen_in_one_place() {
    for manifest in files().into_iter().filter(|path| path.ends_with("/Cargo.toml")) {
        let text = read(&manifest);
        let elsewhere = text.lines().find(|line| line.contains("version = ") || line.contains("git = "));
        assert_eq!(elsewhere, None, "{manifest}");
    }
}

#[test]
fn every_outside_crate_has_its_reason() {
    let chosen = outside_crates();
    let rows = table_rows("docs/DEPENDENCIES.md");
    let reasons: BTreeMap<String, String> = rows
        .into_iter()
        .filter(|row| row.len() == 2 && row[0].starts_with('`'))
        .flat_map(|row| {
            code_spans(&row[0]).into_iter().map(|name| (name.to_owned(), row[1].clone())).collect::<Vec<_>>()
        })
        .collect();

    for name in &chosen {
        let reason = reasons.get(name).unwrap_or_else(|| panic!("docs/DEPENDENCIES.md gives no reason for {name}"));
        assert!(reason.len() > 20, "{name}: {reason}");
    }
    let tools = read("docs/DEPENDENCIES.md").split("## Tools").nth(1).unwrap().to_owned();
    for name in reasons.keys().filter(|name| !tools.contains(&format!("`{name}`"))) {
        assert!(chosen.contains(name), "docs/DEPENDENCIES.md gives a reason for {name}, which is not there");
    }
}

#[test]
fn a_package_depends_on_nothing_that_its_code_does_not_name() {
    let sources = files_of("rs");
    let mut unused = Vec::new();
    for package in packages() {
        let folder = Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap();
        let folder = format!("{}/", folder.strip_prefix(repository::root()).unwrap().display());
        let own = sources.iter().filter(|path| path.starts_with(&folder));
        let words: BTreeSet<String> = own.flat_map(|path| words(&read(path))).collect();
        let dependencies = dependencies(&package, |_| true).into_iter();
        unused
            .extend(dependencies.filter(|name| !words.contains(&library(name))).map(|name| format!("{folder} {name}")));
    }
    assert_eq!(unused, Vec::<String>::new());
}

#[test]
fn every_chosen_crate_is_used() {
    let used: BTreeSet<String> = packages().iter().flat_map(|package| dependencies(package, |_| true)).collect();
    let unused: Vec<String> = outside_crates().into_iter().filter(|name| !used.contains(name)).collect();
    assert_eq!(unused, Vec::<String>::new());
}

/// The packages that are more than tests.
fn shipped() -> Vec<Value> {
    packages().into_iter().filter(|package| !TESTS.iter().any(|name| package["name"] == *name)).collect()
}

/// The names in `[workspace.dependencies]` that are not the workspace's own.
fn outside_crates() -> BTreeSet<String> {
    let manifest = read("Cargo.toml");
    let section = manifest.split("[workspace.dependencies]").nth(1).unwrap();
    let lines = section.lines().skip(1).take_while(|line| !line.starts_with('['));
    let outside = lines.filter(|line| line.contains(" = ") && !line.contains("path = ") && !line.starts_with('#'));
    outside.map(|line| line.split(" = ").next().unwrap().to_owned()).collect()
}

/// The workspace's own packages that this one is built from.
fn own_dependencies(package: &Value) -> BTreeSet<String> {
    let own = package["dependencies"].as_array().unwrap().iter().filter(|dependency| !dependency["path"].is_null());
    let shipped = own.filter(|dependency| dependency["kind"].is_null());
    shipped.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
}

fn dependencies(package: &Value, of_kind: impl Fn(Option<&str>) -> bool) -> BTreeSet<String> {
    let all = package["dependencies"].as_array().unwrap().iter();
    let wanted = all.filter(|dependency| of_kind(dependency["kind"].as_str()));
    wanted.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
}

fn words(source: &str) -> Vec<String> {
    source.split(|symbol: char| !symbol.is_alphanumeric() && symbol != '_').map(str::to_owned).collect()
}

/// The name by which code calls a package's library.
fn library(package: &str) -> String {
    if package == "dynoxide-rs" { "dynoxide".to_owned() } else { package.replace('-', "_") }
}

fn layer(package: &str) -> usize {
    let shared = LAYERS.iter().position(|layer| layer.contains(&package));
    shared.unwrap_or(match package {
        _ if TESTS.contains(&package) => LAYERS.len() + 2,
        "local" => LAYERS.len() + 1,
        _ => LAYERS.len(),
    })
}

const TESTS: [&str; 2] = ["countersign-tests", "instructions"];
