//! What the pages point at exists.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Transaction;

use crate::repository::{code_spans, files, files_of, read, root, table_rows, yaml};

#[test]
fn every_link_leads_somewhere() {
    for page in pages() {
        let text = prose(&read(&page));
        let folder = Path::new(&page).parent().unwrap();
        for target in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if target.starts_with("https://") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if path.is_empty() { root().join(&page) } else { root().join(folder).join(path) };
            assert!(file.exists(), "{page} links to {target}");
            if !anchor.is_empty() {
                let linked = std::fs::read_to_string(&file).unwrap();
                let headings = linked.lines().filter(|line| line.starts_with('#'));
                assert!(headings.map(anchor_of).any(|heading| heading == anchor), "{page} links to {target}");
            }
        }
    }
}

#[test]
fn every_test_that_a_page_names_exists() {
    let sources: Vec<String> = files_of("rs").into_iter().map(|path| read(&path)).collect();
    for page in pages() {
        let text = prose(&read(&page));
        let claimed: String = table_rows(&page).concat().concat();
        let named = code_spans(&text).into_iter().filter(|span| names_a_test(&page, span, claimed.contains(span)));
        for name in named {
            assert!(sources.iter().any(|source| has_test(source, name)), "{page} names {name}");
        }
    }
}

#[test]
fn every_alarm_goes_to_the_operator_and_has_its_row_in_the_runbook() {
    let template = yaml("template.yaml");
    let resources = template["Resources"].as_object().unwrap().iter();
    let alarms = resources.filter(|(_, resource)| resource["Type"] == "AWS::CloudWatch::Alarm");
    let sent = alarms.map(|(name, alarm)| (format!("`{name}`"), &alarm["Properties"]["AlarmActions"][1][0]));
    let (sent, targets): (BTreeSet<String>, BTreeSet<&str>) =
        sent.map(|(name, to)| (name, to.as_str().unwrap())).unzip();

    let rows = table_rows("docs/RUNBOOK.md");
    let told: Vec<&Vec<String>> = rows.iter().filter(|row| row[0].ends_with("Alarm`")).collect();

    assert_eq!(told.iter().map(|row| row[0].clone()).collect::<BTreeSet<_>>(), sent);
    assert_eq!((told.len(), targets), (sent.len(), BTreeSet::from(["AlarmTopic"])));
    assert!(told.iter().all(|row| row.len() == 3 && row.iter().all(|cell| !cell.is_empty())), "{told:?}");
}

#[test]
fn every_decision_is_in_the_index() {
    let index = read("docs/adr/README.md");
    let decisions = files().into_iter().filter_map(|path| path.strip_prefix("docs/adr/").map(str::to_owned));
    let mut numbers = Vec::new();
    for decision in decisions.filter(|name| name != "README.md") {
        assert!(index.contains(&format!("]({decision})")), "{decision}");
        numbers.push(decision[..4].parse::<usize>().unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>());
}

#[test]
fn every_recipe_that_a_page_names_exists() {
    let justfile = read("justfile");
    let recipes: Vec<&str> = justfile
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()) && line.contains(':'))
        .map(|line| line.split([' ', ':']).next().unwrap())
        .collect();
    for page in pages() {
        let text = read(&page);
        for span in code_spans(&prose(&text)).into_iter().filter_map(|span| span.strip_prefix("just ")) {
            let recipe = span.split(' ').next().unwrap();
            assert!(recipes.contains(&recipe), "{page} names just {recipe}");
        }
    }
}

#[test]
fn the_recipe_for_txn_gives_what_a_token_says() {
    let page = read("docs/API.md");
    let section = page.split("## The transaction's hash").nth(1).unwrap();
    let recipe = section.split("```python\n").nth(1).unwrap().split("```").next().unwrap();

    let printed = Command::new("python3").args(["-c", recipe]).output().unwrap();

    let transaction = Transaction::new(4990, "EUR".into(), "Example Shop".into(), "order 1001".into()).unwrap();
    let hash = URL_SAFE_NO_PAD.encode(crypto::transaction_hash(&transaction).as_bytes());
    assert_eq!(String::from_utf8(printed.stdout).unwrap().trim(), hash);
}

fn pages() -> Vec<String> {
    files_of("md")
}

/// A page without its fenced blocks.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// Whether a page names a test by this. On every page the names of tests that show properties do: `v4_…`, `e5_…`. On the pages for
/// reviewers every sentence does, and in their tables, which have no other names of this kind, already three words.
fn names_a_test(page: &str, span: &str, in_table: bool) -> bool {
    let plain = span.chars().all(|symbol| symbol.is_ascii_lowercase() || symbol.is_ascii_digit() || symbol == '_');
    let mut symbols = span.chars();
    let letter = symbols.next().is_some_and(|symbol| symbol.is_ascii_lowercase());
    let shows_property = letter && symbols.next().is_some_and(|symbol| symbol.is_ascii_digit());
    let underscores = span.matches('_').count();
    let claims = ["docs/THREAT_MODEL.md", "docs/ASVS.md"].contains(&page);
    plain && (underscores >= 3 && (shows_property || claims) || underscores >= 2 && claims && in_table)
}

/// Whether a source has a test of this name: a function marked as one, or a case in the list of a suite.
fn has_test(source: &str, name: &str) -> bool {
    let (declared, case) = (format!("fn {name}("), format!("{name},"));
    if !source.contains(&declared) {
        return false;
    }
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let Some(position) = lines.iter().position(|line| line.contains(&declared)) else { return false };
    let mut marks = lines[..position].iter().rev().take_while(|line| line.starts_with("#["));
    marks.any(|mark| mark.contains("test")) || lines.contains(&case.as_str())
}

/// The anchor that a heading gets.
fn anchor_of(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|symbol| symbol.is_alphanumeric() || matches!(symbol, ' ' | '-' | '_'));
    kept.map(|symbol| if symbol == ' ' { '-' } else { symbol }).collect()
}
