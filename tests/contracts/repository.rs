//! The repository as the contracts read it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, str};

use serde_json::Value;

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the root").to_owned()
}

/// A file's text, by its path from the root.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A YAML file. CloudFormation's tags are dropped: `!GetAtt CoreTable.Arn` reads `"CoreTable.Arn"`.
pub(crate) fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The paths of the files that belong to the repository: those that git tracks, or would if they were added.
pub(crate) fn files() -> Vec<String> {
    let listed = output(Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]));
    let existing = listed.lines().filter(|path| root().join(path).is_file());
    existing.map(str::to_owned).collect()
}

/// Those of one kind, such as `rs`.
pub(crate) fn files_of(extension: &str) -> Vec<String> {
    let is_one = |path: &String| Path::new(path).extension().is_some_and(|is| is == extension);
    files().into_iter().filter(is_one).collect()
}

/// The workspace's own packages, as cargo describes them.
pub(crate) fn packages() -> Vec<Value> {
    let arguments = ["metadata", "--no-deps", "--offline", "--locked", "--format-version=1"];
    let metadata = output(Command::new(env!("CARGO")).args(arguments));
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo metadata gives JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

/// The names of the folders below a folder.
pub(crate) fn folders(path: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(path)).expect("a folder");
    let folders = entries.map(|entry| entry.expect("an entry")).filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders.map(|folder| folder.file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

/// The rows of every table of a Markdown page, cell by cell, without heads and rules.
pub(crate) fn table_rows(path: &str) -> Vec<Vec<String>> {
    let text = read(path);
    let lines: Vec<&str> = text.lines().collect();
    let is_rule = |line: &str| line.starts_with("|---") || line.starts_with("|:--");
    let rows = lines.iter().enumerate().filter(|(position, line)| {
        let is_head = lines.get(position + 1).is_some_and(|next| is_rule(next));
        line.starts_with('|') && !is_rule(line) && !is_head
    });
    rows.map(|(_, line)| {
        let cells = line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned());
        cells.collect()
    })
    .collect()
}

/// The texts between backticks, in order.
pub(crate) fn code_spans(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn output(command: &mut Command) -> String {
    let output = command.current_dir(root()).output().expect("the command starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}
