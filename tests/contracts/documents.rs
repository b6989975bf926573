//! What the pages point at exists.

use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Transaction;

use crate::repository::{code_spans, files, files_of, read, root};

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
        let text = read(&page);
        for span in code_spans(&prose(&text)).into_iter().filter(|span| is_test_name(span)) {
            let declared = format!("fn {span}(");
            assert!(sources.iter().any(|source| source.contains(&declared)), "{page} names {span}");
        }
    }
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

/// The names of tests that show properties: `v4_…`, `e5_…`.
fn is_test_name(span: &str) -> bool {
    let mut symbols = span.chars();
    let letter = symbols.next().is_some_and(|symbol| symbol.is_ascii_lowercase());
    let digit = symbols.next().is_some_and(|symbol| symbol.is_ascii_digit());
    let plain = span.chars().all(|symbol| symbol.is_ascii_lowercase() || symbol.is_ascii_digit() || symbol == '_');
    letter && digit && plain && span.matches('_').count() >= 3
}

/// The anchor that a heading gets.
fn anchor_of(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|symbol| symbol.is_alphanumeric() || matches!(symbol, ' ' | '-' | '_'));
    kept.map(|symbol| if symbol == ' ' { '-' } else { symbol }).collect()
}
