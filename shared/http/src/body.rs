//! Request bodies: JSON of at most [`MAX_BODY_BYTES`], parsed into exactly the expected members.

use lambda_http::Body;
use lambda_http::http::HeaderMap;
use lambda_http::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use crate::{Object, Problem, ProblemType};

/// The largest body: ten factors, a device id and a transaction fit in a fifth of it.
pub const MAX_BODY_BYTES: usize = 10 * 1024;

/// Parses a JSON body, which is an object. `T` refuses unknown members (`deny_unknown_fields`); duplicates are refused by serde.
///
/// # Errors
/// [`Problem`] 415, 413 or 400, which names the member at fault where it is one of ours.
pub fn json_body<T: DeserializeOwned>(headers: &HeaderMap, body: &Body) -> Result<T, Problem> {
    if !is_json(headers) {
        return Err(Problem::new(ProblemType::UnsupportedMediaType).detail("Content-Type must be application/json"));
    }
    let bytes: &[u8] = body.as_ref();
    if bytes.len() > MAX_BODY_BYTES {
        return Err(Problem::new(ProblemType::PayloadTooLarge).detail("a body has at most 10240 bytes"));
    }
    let parsed = serde_json::from_slice(bytes).map(|Object(parsed)| parsed);
    parsed.map_err(|error| describe::<Object<T>>(bytes, &error))
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(text) = value.to_str() else { return false };
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    essence.eq_ignore_ascii_case("application/json")
        && parts.all(|parameter| parameter.eq_ignore_ascii_case("charset=utf-8"))
}

/// Says what is wrong and where. Parses once more to find the place, since only refused requests need it.
fn describe<T: DeserializeOwned>(bytes: &[u8], error: &serde_json::Error) -> Problem {
    let problem = Problem::new(ProblemType::InvalidRequest);
    if !error.is_data() {
        return problem.detail("the body is not one JSON value in UTF-8");
    }
    let deserializer = &mut serde_json::Deserializer::from_slice(bytes);
    let Err(located) = serde_path_to_error::deserialize::<_, T>(deserializer) else { return problem };
    let message = located.inner().to_string();
    let (detail, named) = explain(&message);
    let mut pointer = pointer(located.path().iter());
    if let Some(name) = named.and_then(own_member)
        && !pointer.ends_with(&format!("/{name}"))
    {
        pointer.push('/');
        pointer.push_str(name);
    }
    Problem { pointer: Some(pointer).filter(|pointer| !pointer.is_empty()), ..problem.detail(detail) }
}

/// Our own words for serde's message, and the member that it names.
fn explain(message: &str) -> (&'static str, Option<&str>) {
    let named = message.split('`').nth(1);
    if message.starts_with("missing field") {
        ("a required member is missing", named)
    } else if message.starts_with("duplicate field") {
        ("a member occurs twice", named)
    } else if message.starts_with("unknown field") {
        ("there is a member that does not belong here", None)
    } else if message.contains("expected an object") {
        ("there is something else where an object belongs", None)
    } else {
        ("a member has the wrong type", None)
    }
}

/// The place as a JSON pointer. Steps that are not names of ours end it, so that nothing of the request is repeated.
fn pointer<'a>(path: impl Iterator<Item = &'a Segment>) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
            Segment::Map { key } => match own_member(key) {
                Some(name) => {
                    pointer.push('/');
                    pointer.push_str(name);
                }
                None => break,
            },
            Segment::Enum { .. } | Segment::Unknown => break,
        }
    }
    pointer
}

fn own_member(name: &str) -> Option<&'static str> {
    MEMBERS.into_iter().find(|member| *member == name)
}

/// Every member of every request body.
const MEMBERS: [&str; 12] = [
    "user_id",
    "factors",
    "type",
    "digest",
    "device_id",
    "transaction",
    "amount_minor",
    "currency",
    "payee",
    "reference",
    "token",
    "refresh_token",
];

#[cfg(test)]
mod tests {
    use lambda_http::http::HeaderValue;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only parsing is tested")]
        factors: Vec<Object<Inner>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only parsing is tested")]
        digest: String,
    }

    fn parse(content_type: &'static str, body: &[u8]) -> Result<(), (u16, Option<String>)> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        json_body::<Outer>(&headers, &Body::Binary(body.to_vec()))
            .map(|_| ())
            .map_err(|problem| (problem.kind.status().as_u16(), problem.pointer))
    }

    #[test]
    fn the_member_at_fault_is_named() {
        let at = |pointer: &str| Err((400, Some(pointer.to_owned())));

        assert_eq!(parse("application/json", br#"{"factors":[{"digest":"a"}]}"#), Ok(()));
        assert_eq!(parse("application/json", b"{}"), at("/factors"));
        assert_eq!(parse("application/json", br#"{"factors":[{"digest":"a"},{"digest":7}]}"#), at("/factors/1/digest"));
        assert_eq!(parse("application/json", br#"{"factors":[],"factors":[]}"#), at("/factors"));
        assert_eq!(parse("application/json", br#"{"factors":[{}]}"#), at("/factors/0/digest"));
    }

    #[test]
    fn an_array_of_members_is_no_object() {
        assert_eq!(parse("application/json", br#"[[{"digest":"a"}]]"#), Err((400, None)));
        assert_eq!(parse("application/json", br#"{"factors":[["a"]]}"#), Err((400, Some("/factors/0".to_owned()))));
        for body in [&b"null"[..], b"7", b"\"factors\""] {
            assert_eq!(parse("application/json", body), Err((400, None)), "{body:?}");
        }
    }

    #[test]
    fn nothing_of_the_request_is_repeated() {
        let body = br#"{"factors":[],"<script>":1}"#;

        assert_eq!(parse("application/json", body), Err((400, None)));
        assert_eq!(parse("application/json", br#"{"__proto__":{},"factors":[]}"#), Err((400, None)));
    }

    #[test]
    fn only_one_json_value_in_utf8_passes() {
        for body in [&b""[..], b"{", b"\xff\xfe", b"{\"factors\":[]}{}", b"{\"factors\":[{\"digest\":\"\xc3\x28\"}]}"] {
            assert_eq!(parse("application/json", body), Err((400, None)), "{body:?}");
        }
        let deep = [vec![b'['; 5000], vec![b']'; 5000]].concat();
        assert_eq!(parse("application/json", &deep).unwrap_err().0, 400);
    }

    #[test]
    fn content_type_and_size_come_first() {
        assert_eq!(parse("text/plain", b"{"), Err((415, None)));
        assert_eq!(parse("application/json; charset=UTF-8", br#"{"factors":[]}"#), Ok(()));
        assert_eq!(parse("application/json", &vec![b' '; MAX_BODY_BYTES + 1]), Err((413, None)));
    }
}
