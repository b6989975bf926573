//! Every route that takes a credential has its limits, in the code, in `docs/openapi.yaml` and in the functions' settings.

use std::collections::BTreeSet;

use admission::{CallerKind, Policy, Route, Row, Scope};
use domain::{Algorithm, Penalty};
use local::{Access, ROUTES};

use crate::repository::{read, table_rows, yaml};
use crate::template::functions;

#[test]
fn every_route_that_takes_a_credential_passes_admission_and_no_other() {
    let admitted: BTreeSet<&str> = Route::ALL.into_iter().map(Route::name).collect();
    let authorized = ROUTES.iter().filter(|route| route.access == Access::Authorized);
    assert_eq!(authorized.map(|route| route.function.name()).collect::<BTreeSet<_>>(), admitted);
}

#[test]
fn every_route_that_passes_admission_has_a_limit_for_its_tenant_and_for_its_source() {
    let policy = Policy::default();
    for route in Route::ALL {
        let names: Vec<&str> =
            policy.rows().iter().filter(|row| row.routes.contains(&route)).map(|row| row.name).collect();
        assert!(names.contains(&"global") && names.contains(&"source"), "{}: {names:?}", route.name());
        assert!(names.iter().any(|name| name.starts_with("tenant_")), "{}: {names:?}", route.name());
    }
}

#[test]
fn openapi_says_of_the_same_routes_that_they_are_limited() {
    let openapi = yaml("docs/openapi.yaml");
    for route in &ROUTES {
        let operation = &openapi["paths"][route.path][route.method.as_str().to_lowercase()];
        let expected = if route.access == Access::Authorized { "RateLimited" } else { "Throttled" };
        let reference = format!("#/components/responses/{expected}");
        assert_eq!(operation["responses"]["429"]["$ref"], reference.as_str(), "{} {}", route.method, route.path);
    }
    let headers = openapi["components"]["responses"]["RateLimited"]["headers"].as_object().unwrap();
    for name in ["Retry-After", "RateLimit", "RateLimit-Policy"] {
        assert!(headers.contains_key(name), "{name}");
    }
}

#[test]
fn functions_that_pass_admission_have_its_settings() {
    for function in functions() {
        let admitted = Route::ALL.into_iter().any(|route| route.name() == function.binary);
        let cached = admitted || function.binary == "reconcile";
        assert_eq!(function.environment.contains_key("COUNTERSIGN_CACHE"), cached, "{}", function.binary);
        let limits = admitted || function.binary == "admin";
        assert_eq!(function.environment.contains_key("COUNTERSIGN_LIMITS"), limits, "{}", function.binary);
    }
}

#[test]
fn the_page_has_the_default_of_every_row_and_no_other() {
    let rows = table_rows("docs/LIMITS.md").into_iter().filter(|row| row.len() == 8);
    let policy = Policy::default();

    assert_eq!(rows.collect::<Vec<_>>(), policy.rows().iter().map(described).collect::<Vec<_>>());
}

#[test]
fn the_pages_example_of_changed_limits_is_accepted() {
    let page = read("docs/LIMITS.md");
    let example = page.split("```json\n").nth(1).unwrap().split("```").next().unwrap();

    let changed: Policy = example.parse().unwrap();

    assert_ne!(changed, Policy::default());
}

/// A row as the page describes it.
fn described(row: &Row) -> Vec<String> {
    let limit = row.limit.unwrap();
    let scope = match row.scope {
        Scope::Everybody => "everybody",
        Scope::Tenant => "a tenant",
        Scope::Source(CallerKind::Server) => "a tenant's servers at one address",
        Scope::Source(CallerKind::Device) => "a tenant's users' devices at one address",
        Scope::User => "a user of a tenant",
    };
    let algorithm = match (limit.algorithm, row.scope) {
        (Algorithm::FixedWindow, Scope::Everybody) => "fixed window, in 16 shards",
        (Algorithm::FixedWindow, _) => "fixed window",
        (Algorithm::SlidingWindow, _) => "sliding window",
        (Algorithm::TokenBucket, _) => "token bucket",
    };
    let penalty = match limit.penalty {
        Penalty::None => "none",
        Penalty::Escalating => "escalating",
    };
    let routes: Vec<&str> = row.routes.iter().map(|route| route.name()).collect();
    let routes = if row.routes == Route::ALL { "every route".to_owned() } else { routes.join(", ") };
    let (quota, seconds) = (limit.quota.to_string(), limit.period.as_secs().to_string());
    let name = format!("`{}`", row.name);
    [&name, scope, algorithm, &quota, &seconds, &row.lease.to_string(), penalty, &routes].map(str::to_owned).to_vec()
}
