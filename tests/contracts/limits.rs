//! Every route that takes a credential has its limits, in the code, in `docs/openapi.yaml` and in the functions' settings.

use std::collections::BTreeSet;

use admission::{Policy, Route};
use local::{Access, ROUTES};

use crate::repository::yaml;
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
        assert_eq!(function.environment.contains_key("COUNTERSIGN_CACHE"), admitted, "{}", function.binary);
        let limits = admitted || function.binary == "admin";
        assert_eq!(function.environment.contains_key("COUNTERSIGN_LIMITS"), limits, "{}", function.binary);
    }
}
