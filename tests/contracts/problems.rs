//! The catalogue of problems is the same in code, in `docs/PROBLEMS.md` and in `docs/openapi.yaml`.

use std::collections::BTreeSet;

use countersign_http::ProblemType;

use crate::repository::{read, yaml};

#[test]
fn the_page_describes_every_problem_type_and_no_other() {
    let page = read("docs/PROBLEMS.md");
    let described: Vec<(&str, &str)> = page
        .split("\n## `")
        .skip(1)
        .map(|section| {
            let (uri, rest) = section.split_once('`').unwrap();
            (uri, rest.trim_start().lines().next().unwrap())
        })
        .collect();

    for kind in ProblemType::ALL {
        let (_, line) =
            described.iter().find(|(uri, _)| *uri == kind.uri()).unwrap_or_else(|| panic!("{}", kind.uri()));
        assert_eq!(*line, format!("{} · {}", kind.status().as_u16(), kind.title()), "{}", kind.uri());
    }
    assert_eq!(described.len(), ProblemType::ALL.len());
}

#[test]
fn every_problem_type_says_when_it_occurs_and_what_to_do() {
    let page = read("docs/PROBLEMS.md");
    for section in page.split("\n## `").skip(1) {
        let uri = section.split('`').next().unwrap();
        assert!(section.contains("\n**When:** "), "{uri}");
        assert!(section.contains("\n**Do:** "), "{uri}");
    }
}

#[test]
fn openapi_lists_every_problem_type_and_no_other() {
    let openapi = yaml("docs/openapi.yaml");
    let listed = openapi["components"]["schemas"]["Problem"]["properties"]["type"]["enum"].as_array().unwrap();
    let listed: Vec<&str> = listed.iter().map(|uri| uri.as_str().unwrap()).collect();
    assert_eq!(listed, ProblemType::ALL.map(ProblemType::uri));
}

#[test]
fn openapi_mentions_no_problem_type_that_does_not_exist() {
    let text = read("docs/openapi.yaml");
    let known: BTreeSet<&str> = ProblemType::ALL.into_iter().map(ProblemType::uri).collect();
    let mentioned = text.match_indices("/problems/").map(|(at, _)| {
        let rest = &text[at..];
        let end = rest.find(|symbol: char| !symbol.is_ascii_lowercase() && !matches!(symbol, '/' | '-'));
        &rest[..end.unwrap_or(rest.len())]
    });
    for uri in mentioned {
        assert!(known.contains(uri), "{uri}");
    }
}

#[test]
fn openapi_gives_a_problem_the_status_that_the_code_gives_it() {
    let openapi = yaml("docs/openapi.yaml");
    for (status, response) in responses(&openapi) {
        let example = &response["content"]["application/problem+json"]["example"];
        if example.is_null() {
            continue;
        }
        let kind = ProblemType::ALL.into_iter().find(|kind| example["type"] == kind.uri()).unwrap();
        assert_eq!(kind.status().as_str(), status, "{}", kind.uri());
        assert_eq!(example["status"], kind.status().as_u16(), "{}", kind.uri());
        assert_eq!(example["title"], kind.title(), "{}", kind.uri());
    }
}

/// Every response of every operation, by its status.
fn responses(openapi: &serde_json::Value) -> Vec<(String, serde_json::Value)> {
    let operations = openapi["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    let responses = operations.flat_map(|operation| operation["responses"].as_object().unwrap());
    responses
        .map(|(status, response)| {
            let name = response["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
            let response = name.map_or(response, |name| &openapi["components"]["responses"][name]);
            (status.clone(), response.clone())
        })
        .collect()
}
