//! What no file of the repository may hold, and how large files may be.

use crate::repository::{files, files_of, read};

#[test]
fn no_file_names_a_machine_or_a_registry() {
    // Written in halves, so that this file does not name them either.
    let forbidden = [
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["/ho", "me/"],
        ["index.cra", "tes.io"],
        ["static.cra", "tes.io"],
        ["pypi", ".org"],
        ["files.python", "hosted.org"],
        ["registry.npm", "js.org"],
        ["deb.deb", "ian.org"],
    ]
    .map(|halves| halves.concat());

    for path in files() {
        let Ok(text) = String::from_utf8(std::fs::read(crate::repository::root().join(&path)).unwrap()) else {
            continue;
        };
        for name in &forbidden {
            assert!(!text.contains(name.as_str()), "{path} names {name}");
        }
    }
}

#[test]
fn no_lint_is_allowed_and_no_test_is_ignored() {
    let forbidden = [["#[al", "low("], ["#![al", "low("], ["#[igno", "re"], ["to", "do!("], ["unimple", "mented!("]]
        .map(|halves| halves.concat());

    for path in rust_files() {
        let text = read(&path);
        for pattern in &forbidden {
            assert!(!text.contains(pattern.as_str()), "{path} has {pattern}");
        }
    }
}

#[test]
fn a_file_has_at_most_400_lines_without_its_tests() {
    for path in rust_files() {
        let text = read(&path);
        let lines = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count();
        assert!(lines <= 400, "{path}: {lines} lines");
    }
}

#[test]
fn every_module_begins_with_what_it_holds() {
    for path in rust_files() {
        assert!(read(&path).starts_with("//! "), "{path}");
    }
}

#[test]
fn a_main_only_wires() {
    for path in rust_files().into_iter().filter(|path| path.starts_with("functions/") && path.ends_with("/src/main.rs"))
    {
        let text = read(&path);
        assert!(text.lines().count() <= 40, "{path}");
        let words: Vec<&str> = text.split(|symbol: char| !symbol.is_alphanumeric() && symbol != '_').collect();
        assert!(!words.contains(&"if") && !words.contains(&"match"), "{path} decides something");
    }
}

fn rust_files() -> Vec<String> {
    files_of("rs")
}
