//! `docs/openapi.yaml` says what the code requires. What it says of answers is for schemathesis to find out.

use std::collections::BTreeSet;

use domain::{ATTEMPTS_ALLOWED, Category, FactorType, MAX_AMOUNT_MINOR, Route};
use local::{Access, ROUTES};
use serde_json::{Value, json};

use crate::repository::{read, yaml};

#[test]
fn factor_types_and_categories_are_those_of_the_registry() {
    let schemas = &yaml("docs/openapi.yaml")["components"]["schemas"];
    assert_eq!(schemas["FactorType"]["enum"], json!(FactorType::ALL.map(FactorType::name)));
    let categories = [Category::Knowledge, Category::Possession, Category::Inherence];
    assert_eq!(schemas["Category"]["enum"], json!(categories.map(Category::name)));
}

#[test]
fn numbers_are_those_of_the_code() {
    let schemas = &yaml("docs/openapi.yaml")["components"]["schemas"];
    assert_eq!(schemas["Transaction"]["properties"]["amount_minor"]["maximum"], MAX_AMOUNT_MINOR);
    assert_eq!(schemas["Standing"]["properties"]["attempts_remaining"]["maximum"], ATTEMPTS_ALLOWED);
}

#[test]
fn every_outcome_of_the_trail_is_described() {
    let outcomes = &yaml("docs/openapi.yaml")["components"]["schemas"]["Outcome"]["properties"];
    let described: BTreeSet<&str> = outcomes.as_object().unwrap().keys().map(String::as_str).collect();

    let source = read("shared/audit/src/event.rs");
    let variants = source.split("pub enum Outcome {").nth(1).unwrap().split("\n}").next().unwrap();
    let names =
        variants.lines().filter_map(|line| line.trim_end_matches("},").strip_prefix("    ")?.strip_suffix(" {"));
    let names: BTreeSet<String> = names.map(snake_case).collect();

    assert_eq!(described, names.iter().map(String::as_str).collect());
}

#[test]
fn e3_an_operation_names_the_scope_that_its_key_needs() {
    let openapi = yaml("docs/openapi.yaml");
    let page = read("docs/API.md");
    for served in ROUTES.iter().filter(|route| route.access == Access::Authorized) {
        let route: Route = served.function.name().parse().unwrap();
        let ways = operation(&openapi, served)["security"].as_array().unwrap();
        let needed: Vec<&Value> = ways.iter().filter_map(|way| way.get("apiKey")).collect();
        assert_eq!(needed, [&json!([route.scope().name()])], "{}", route.name());

        let listed = format!("`{} {}`", served.method, served.path);
        let row = page.lines().find(|line| line.starts_with(&format!("| `{}` |", route.scope().name()))).unwrap();
        assert!(row.contains(&listed), "docs/API.md lacks {listed} in the row of {}", route.scope().name());
    }
}

#[test]
fn a_parameter_of_a_query_has_a_form_and_only_whose_sessions_must_be_said() {
    let openapi = yaml("docs/openapi.yaml");
    for route in &ROUTES {
        let parameters = operation(&openapi, route)["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.map(|parameter| resolve(&openapi, parameter)).filter(|it| it["in"] == "query") {
            let schema = resolve(&openapi, &parameter["schema"]);
            let has_a_form = schema.get("pattern").is_some() || schema["type"] == "integer";
            assert!(has_a_form, "{parameter}");
            assert_eq!(parameter["required"] == true, route.path == "/v1/sessions", "{parameter}");
        }
    }
}

#[test]
fn every_object_of_a_request_is_closed() {
    let openapi = yaml("docs/openapi.yaml");
    let mut visited = Vec::new();
    for route in &ROUTES {
        let body = resolve(&openapi, &operation(&openapi, route)["requestBody"]);
        let schema = &body["content"]["application/json"]["schema"];
        assert_closed(&openapi, schema, &mut visited);
    }
    assert!(visited.len() >= 5, "{visited:?}");
}

#[test]
fn every_change_is_named_by_an_idempotency_key() {
    let openapi = yaml("docs/openapi.yaml");
    for route in &ROUTES {
        let operation = operation(&openapi, route);
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let named = parameters.map(|parameter| resolve(&openapi, parameter)).any(|parameter| {
            parameter["name"] == "Idempotency-Key" && parameter["in"] == "header" && parameter["required"] == true
        });
        let changes = route.method != "GET" && operation["operationId"] != "introspect";
        assert_eq!(named, changes, "{} {}", route.method, route.path);
    }
}

#[test]
fn every_operation_lists_the_failures_that_any_request_can_meet() {
    let openapi = yaml("docs/openapi.yaml");
    for route in &ROUTES {
        let operation = operation(&openapi, route);
        let mut expected = vec!["429", "500", "503"];
        if route.access == Access::Authorized {
            expected.extend(["400", "401", "403"]);
        }
        if operation.get("requestBody").is_some() {
            expected.extend(["413", "415"]);
        }
        for status in expected {
            assert!(operation["responses"].get(status).is_some(), "{} {}: {status}", route.method, route.path);
        }
    }
}

#[test]
fn only_the_two_routes_of_a_verification_take_its_capability() {
    let openapi = yaml("docs/openapi.yaml");
    for route in &ROUTES {
        let security = operation(&openapi, route)["security"].as_array().cloned().unwrap_or_default();
        let takes_capability = security.contains(&json!({"capability": []}));
        assert_eq!(takes_capability, route.path.contains("{verification_id}"), "{}", route.path);
    }
}

fn operation<'a>(openapi: &'a Value, route: &local::Route) -> &'a Value {
    &openapi["paths"][route.path][route.method.as_str().to_lowercase()]
}

fn resolve<'a>(openapi: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => openapi.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("{reference}")),
        None => value,
    }
}

fn snake_case(name: &str) -> String {
    let words = name.chars().enumerate().map(|(position, letter)| {
        let gap = if letter.is_uppercase() && position > 0 { "_" } else { "" };
        format!("{gap}{}", letter.to_lowercase())
    });
    words.collect()
}

/// Every object schema that is reached from here forbids what it does not name.
fn assert_closed(openapi: &Value, schema: &Value, visited: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        visited.push(reference.to_owned());
    }
    let schema = resolve(openapi, schema);
    if schema["type"] == "object" {
        assert_eq!(schema["additionalProperties"], false, "{schema}");
    }
    let properties = schema["properties"].as_object().into_iter().flat_map(|properties| properties.values());
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    for inner in properties.chain(choices).chain(schema.get("items")) {
        assert_closed(openapi, inner, visited);
    }
}
