//! From an HTTP request to the event that API Gateway would send for it (payload format 2.0).

use std::collections::HashMap;
use std::net::IpAddr;

use aws_lambda_events::apigw::{
    ApiGatewayRequestAuthorizer, ApiGatewayV2httpRequest, ApiGatewayV2httpRequestContext,
    ApiGatewayV2httpRequestContextHttpDescription,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::RequestId;
use http::header::{COOKIE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use jiff::Timestamp;
use serde_json::Value;

use crate::Route;

/// A request and what the gateway knows about it.
pub(crate) struct Arrival<'a> {
    pub(crate) request: &'a Request<Bytes>,
    pub(crate) route: &'static Route,
    pub(crate) parameters: HashMap<String, String>,
    pub(crate) peer: IpAddr,
    pub(crate) request_id: &'a RequestId,
    pub(crate) at: Timestamp,
}

impl Arrival<'_> {
    /// The event for the route's function.
    pub(crate) fn event(self, admitted: Option<HashMap<String, Value>>) -> ApiGatewayV2httpRequest {
        let mut event = ApiGatewayV2httpRequest::default();
        event.version = Some("2.0".to_owned());
        event.route_key = Some(self.route_key());
        event.raw_path = Some(self.request.uri().path().to_owned());
        let query = self.request.uri().query().unwrap_or_default();
        event.query_string_parameters = query.parse().unwrap_or_default();
        event.raw_query_string = Some(query.to_owned());
        event.headers = headers(self.request.headers(), self.peer);
        event.cookies = cookies(&mut event.headers);
        event.request_context = self.context();
        event.request_context.authorizer = admitted.map(|fields| {
            let mut authorizer = ApiGatewayRequestAuthorizer::default();
            authorizer.fields = fields;
            authorizer
        });
        event.path_parameters = self.parameters;
        (event.body, event.is_base64_encoded) = body(self.request.body());
        event
    }

    /// The part that functions and the authorizer both get.
    pub(crate) fn context(&self) -> ApiGatewayV2httpRequestContext {
        let mut http = ApiGatewayV2httpRequestContextHttpDescription::default();
        http.method = self.request.method().clone();
        http.path = Some(self.request.uri().path().to_owned());
        http.protocol = Some(format!("{:?}", self.request.version()));
        http.source_ip = Some(self.peer.to_string());
        let mut context = ApiGatewayV2httpRequestContext::default();
        context.route_key = Some(self.route_key());
        context.account_id = Some(ACCOUNT.to_owned());
        context.apiid = Some(API.to_owned());
        context.stage = Some("$default".to_owned());
        context.domain_name = Some(DOMAIN.to_owned());
        context.domain_prefix = Some(API.to_owned());
        context.request_id = Some(self.request_id.to_string());
        context.time = Some(self.at.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string());
        context.time_epoch = self.at.as_millisecond();
        context.http = http;
        context
    }

    /// `POST /v1/enrollments`
    pub(crate) fn route_key(&self) -> String {
        format!("{} {}", self.route.method, self.route.path)
    }
}

/// The headers as the gateway passes them on.
///
/// - Several of one name become one, joined by commas.
/// - A value that is not visible ASCII is not passed on: an event is JSON, and a header's bytes have no encoding.
/// - What the gateway itself knows replaces what the caller wrote: a function builds its URL from these headers, and an
///   odd one would end it.
pub(crate) fn headers(received: &HeaderMap, peer: IpAddr) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(received.keys_len());
    for name in received.keys() {
        if let Some(value) = joined(received, name) {
            headers.insert(name, value);
        }
    }
    headers.insert(HOST, HeaderValue::from_static(DOMAIN));
    headers.insert(HeaderName::from_static("x-forwarded-proto"), HeaderValue::from_static("http"));
    if let Ok(peer) = HeaderValue::from_str(&peer.to_string()) {
        headers.insert(HeaderName::from_static("x-forwarded-for"), peer);
    }
    headers
}

/// One value out of all of this name.
pub(crate) fn joined(headers: &HeaderMap, name: impl http::header::AsHeaderName) -> Option<HeaderValue> {
    let values = headers.get_all(name).iter().map(HeaderValue::to_str).collect::<Result<Vec<_>, _>>().ok()?;
    if values.is_empty() { None } else { HeaderValue::from_str(&values.join(",")).ok() }
}

/// Cookies travel beside the headers.
fn cookies(headers: &mut HeaderMap) -> Option<Vec<String>> {
    let value = headers.remove(COOKIE)?;
    Some(value.to_str().ok()?.split("; ").map(str::to_owned).collect())
}

/// The body as text, or in base64 if it is none.
fn body(bytes: &Bytes) -> (Option<String>, bool) {
    match str::from_utf8(bytes) {
        Ok("") => (None, false),
        Ok(text) => (Some(text.to_owned()), false),
        Err(_) => (Some(STANDARD.encode(bytes)), true),
    }
}

const ACCOUNT: &str = "000000000000";
const API: &str = "local";

/// Stands for the gateway's own name, whatever name the caller used.
const DOMAIN: &str = "local.countersign.localhost";

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::ROUTES;

    fn event(request: &Request<Bytes>) -> ApiGatewayV2httpRequest {
        let arrival = Arrival {
            request,
            route: &ROUTES[0],
            parameters: HashMap::new(),
            peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
            request_id: &RequestId::from_transport("r-1"),
            at: Timestamp::UNIX_EPOCH,
        };
        arrival.event(None)
    }

    #[test]
    fn headers_of_one_name_become_one() {
        let mut request = Request::new(Bytes::new());
        request.headers_mut().append("idempotency-key", HeaderValue::from_static("a"));
        request.headers_mut().append("idempotency-key", HeaderValue::from_static("b"));
        request.headers_mut().append("x-odd", HeaderValue::from_bytes(b"\xff").unwrap());

        let event = event(&request);

        assert_eq!(event.headers["idempotency-key"], "a,b");
        assert!(!event.headers.contains_key("x-odd"));
    }

    #[test]
    fn a5_the_source_is_the_peer_whatever_the_headers_say() {
        let mut request = Request::new(Bytes::new());
        for name in ["x-forwarded-for", "x-real-ip", "forwarded", "host", "x-forwarded-proto"] {
            request.headers_mut().append(name, HeaderValue::from_static("203.0.113.9 []:x"));
        }

        let event = event(&request);

        assert_eq!(event.request_context.http.source_ip.as_deref(), Some("127.0.0.1"));
        assert_eq!(event.headers["x-forwarded-for"], "127.0.0.1");
        assert_eq!(event.headers["host"], DOMAIN);
    }

    #[test]
    fn a_body_that_is_no_text_travels_in_base64() {
        assert_eq!(body(&Bytes::from_static(b"{}")), (Some("{}".to_owned()), false));
        assert_eq!(body(&Bytes::from_static(b"\xff")), (Some("/w==".to_owned()), true));
        assert_eq!(body(&Bytes::new()), (None, false));
    }

    #[test]
    fn the_context_names_request_route_and_time() {
        let event = event(&Request::new(Bytes::new()));

        let context = event.request_context;
        assert_eq!(context.request_id.as_deref(), Some("r-1"));
        assert_eq!(context.route_key.as_deref(), Some("POST /v1/enrollments"));
        assert_eq!(context.time.as_deref(), Some("01/Jan/1970:00:00:00 +0000"));
    }
}
