//! Which route a request is for.

use std::collections::HashMap;

use http::Method;
use percent_encoding::percent_decode_str;

use crate::{ROUTES, Route};

/// What the table says about a method and a path.
#[derive(Debug)]
pub(crate) enum Matched {
    /// This route, with the path's parameters.
    Route(&'static Route, HashMap<String, String>),
    /// The path has these methods only.
    OtherMethods(Vec<&'static str>),
    /// There is no such path.
    Nothing,
}

/// Looks a request up. Paths are compared as they were sent: a letter in percent encoding is another letter.
pub(crate) fn find(method: &Method, path: &str) -> Matched {
    let mut others = Vec::new();
    for route in &ROUTES {
        let Some(parameters) = parameters(route.path, path) else { continue };
        if route.method == *method {
            return Matched::Route(route, parameters);
        }
        others.push(route.method.as_str());
    }
    if others.is_empty() { Matched::Nothing } else { Matched::OtherMethods(others) }
}

/// The parameters of `path` if it has the template's form. They are decoded, as the gateway does it; what is not UTF-8 then
/// becomes replacement characters, which no id contains.
fn parameters(template: &str, path: &str) -> Option<HashMap<String, String>> {
    let mut parameters = HashMap::new();
    let mut segments = path.split('/');
    for expected in template.split('/') {
        let segment = segments.next()?;
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(_) if segment.is_empty() => return None,
            Some(name) => {
                let value = percent_decode_str(segment).decode_utf8_lossy().into_owned();
                parameters.insert(name.to_owned(), value);
            }
            None if segment != expected => return None,
            None => {}
        }
    }
    segments.next().is_none().then_some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: &Method, path: &str) -> String {
        match find(method, path) {
            Matched::Route(route, parameters) => {
                let values: Vec<_> = parameters.values().map(String::as_str).collect();
                format!("{} {}", route.function.name(), values.join(",")).trim_end().to_owned()
            }
            Matched::OtherMethods(methods) => format!("allow {}", methods.join(", ")),
            Matched::Nothing => "nothing".to_owned(),
        }
    }

    #[test]
    fn a_path_leads_to_its_function() {
        assert_eq!(found(&Method::POST, "/v1/enrollments"), "enroll");
        assert_eq!(found(&Method::GET, "/v1/enrollments/u"), "describe-enrollment u");
        assert_eq!(found(&Method::POST, "/v1/verifications/a%2Fb/attempts"), "verify a/b");
        assert_eq!(found(&Method::POST, "/v1/verifications/%ff/attempts"), "verify \u{fffd}");
        assert_eq!(found(&Method::GET, "/.well-known/jwks.json"), "jwks");
    }

    #[test]
    fn another_method_is_told_from_another_path() {
        assert_eq!(found(&Method::DELETE, "/v1/enrollments"), "allow POST");
        assert_eq!(found(&Method::HEAD, "/health/live"), "allow GET");
        for path in ["", "*", "/", "//", "/v1/enrollments/", "//v1/enrollments", "/v1/verifications//attempts", "/V1/x"]
        {
            assert_eq!(found(&Method::POST, path), "nothing", "{path}");
        }
    }
}
