//! One function, one name: folder, package, binary, resource of the template, row of the README. And one list of routes:
//! what the local host serves, what the template deploys, what `openapi.yaml` describes.

use std::collections::BTreeSet;

use local::{Access, ROUTES};

use crate::repository::{code_spans, folders, packages, root, table_rows, yaml};
use crate::template::{Route, functions};

#[test]
fn folder_package_binary_and_resource_have_one_name() {
    let packages = packages();

    for folder in folders("functions") {
        let package = packages.iter().find(|package| package["name"] == folder.as_str());
        let package = package.unwrap_or_else(|| panic!("functions/{folder} is no package of its name"));
        let targets = package["targets"].as_array().unwrap().iter();
        let binaries: Vec<_> =
            targets.filter(|target| target["kind"][0] == "bin").map(|target| &target["name"]).collect();
        assert_eq!(binaries, [folder.as_str()]);

        let function = functions().into_iter().find(|function| function.binary == folder).unwrap();
        assert_eq!(function.name, folder);
        assert_eq!(function.logical_id, pascal_case(&folder));
    }
}

#[test]
fn every_resource_has_its_folder() {
    let built: Vec<String> = functions().into_iter().map(|function| function.binary).collect();
    assert_eq!(built.iter().cloned().collect::<BTreeSet<_>>(), folders("functions").into_iter().collect());
    assert_eq!(built.len(), folders("functions").len());
}

#[test]
fn the_template_deploys_what_the_local_host_serves() {
    for function in functions() {
        let served = ROUTES.iter().filter(|route| route.function.name() == function.binary);
        let served: BTreeSet<Route> = served.map(as_deployed).collect();
        assert_eq!(served, function.routes, "{}", function.binary);
    }
}

#[test]
fn openapi_describes_what_the_local_host_serves() {
    let openapi = yaml("docs/openapi.yaml");
    let described: BTreeSet<Route> = openapi["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().iter().map(move |(method, operation)| (path, method, operation))
        })
        .map(|(path, method, operation)| Route {
            method: method.to_uppercase(),
            path: path.clone(),
            authorized: operation["security"].as_array().is_none_or(|ways| !ways.is_empty()),
        })
        .collect();
    assert_eq!(described, ROUTES.iter().map(as_deployed).collect());
}

#[test]
fn openapi_calls_an_operation_as_its_function_is_called() {
    let openapi = yaml("docs/openapi.yaml");
    for route in &ROUTES {
        let operation = &openapi["paths"][route.path][route.method.as_str().to_lowercase()];
        let id = operation["operationId"].as_str().unwrap();
        let name = route.function.name();
        assert!(id == name || name == "health" && route.path == format!("/health/{id}"), "{id} is {name}");
    }
}

#[test]
fn cargo_lambda_watch_routes_to_what_the_local_host_serves() {
    let manifest = crate::repository::read("Cargo.toml");
    let section = manifest.split("[workspace.metadata.lambda.watch.router]").nth(1).expect("the router's section");
    let lines = section.lines().take_while(|line| !line.starts_with('[')).filter(|line| line.contains('='));
    let routed: BTreeSet<Vec<&str>> = lines
        .flat_map(|line| {
            let mut words = line.split('"').skip(1).step_by(2);
            let path = words.next().unwrap();
            let words: Vec<&str> = words.collect();
            words.chunks(2).map(|method| [&[path], method].concat()).collect::<Vec<_>>()
        })
        .collect();
    let served = ROUTES.iter().map(|route| vec![route.path, route.method.as_str(), route.function.name()]);
    assert_eq!(routed, served.collect());
}

#[test]
fn the_readme_leads_from_each_route_to_its_code() {
    let rows = table_rows("README.md");
    let row_of = |function: &str| {
        let mut rows = rows.iter().filter(|row| row.len() == 4 && row[1] == format!("`{function}`"));
        rows.next().unwrap_or_else(|| panic!("no row for {function}")).clone()
    };

    for function in functions() {
        let row = row_of(&function.binary);
        let routes = function.routes.iter().map(|route| format!("{} {}", route.method, route.path));
        let listed = code_spans(&row[0]).into_iter().filter(|span| span.contains(' ')).map(str::to_owned);
        assert_eq!(listed.collect::<BTreeSet<_>>(), routes.collect(), "{}", function.binary);
        for cell in &row[2..] {
            let path = cell.split(['(', ')']).nth(1).unwrap();
            assert!(path.starts_with(&format!("functions/{}/src/", function.binary)), "{path}");
            assert!(root().join(path).is_file(), "{path}");
        }
    }
}

fn as_deployed(route: &local::Route) -> Route {
    Route {
        method: route.method.to_string(),
        path: route.path.to_owned(),
        authorized: route.access == Access::Authorized,
    }
}

fn pascal_case(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect()
}
