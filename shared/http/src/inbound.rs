//! What every handler learns of a request besides its body.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::OnceLock;

use admission::{Arrival, CallerKind, Route};
use domain::{IdempotencyKey, IdempotencyKeyRefused, RequestId, SourceAddress, TenantId};
use jiff::Timestamp;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use lambda_http::http::HeaderMap;
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt};
use serde::de::DeserializeOwned;

use crate::body::json_body;
use crate::caller::Authorized;
use crate::{Caller, Problem};

/// A request as the gateway delivered it. No `Debug`: it carries digests and credentials.
pub struct Inbound {
    request: Request,
    /// The gateway's request id.
    pub request_id: RequestId,
    /// The tenant of the arrival that was made of it.
    arrived_for: OnceLock<TenantId>,
}

impl Inbound {
    /// Takes over a request.
    #[must_use]
    pub fn new(request: Request) -> Self {
        let request_id = gateway_context(&request).and_then(|context| context.request_id.as_deref());
        let request_id = RequestId::from_transport(request_id.unwrap_or_default());
        Self { request, request_id, arrived_for: OnceLock::new() }
    }

    /// Who calls this route, as the authorizer found out.
    ///
    /// # Errors
    /// [`Problem`] 401 if no authorizer let the request through, 403 if it came with an API key whose scopes don't reach the route.
    pub fn caller(&self, route: Route) -> Result<Caller, Problem> {
        self.authorized()?.of(route)
    }

    /// The tenant that is certain to call: an API key's, or a capability's once the function has checked it and made an arrival of
    /// the request. What a capability says by itself counts for nothing: anybody can write one.
    #[must_use]
    pub fn known_tenant(&self) -> Option<TenantId> {
        match self.authorized() {
            Ok(Authorized::Key(tenant, _)) => Some(tenant),
            Ok(Authorized::Capability(_)) => self.arrived_for.get().copied(),
            Err(_) => None,
        }
    }

    /// The address that the gateway took the request from, whatever headers say: anybody can write those. A gateway that tells none
    /// that can be read counts as one address, 0.0.0.0.
    #[must_use]
    pub fn source(&self) -> SourceAddress {
        let address =
            gateway_context(&self.request).and_then(|context| context.http.source_ip.as_deref()?.parse().ok());
        SourceAddress::from_transport(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
    }

    /// The request as admission sees it, about no user and without an idempotency key. `tenant` and `caller` are those of a checked
    /// credential.
    #[must_use]
    pub fn arrival(&self, route: Route, tenant: TenantId, caller: CallerKind) -> Arrival {
        let _same_every_time = self.arrived_for.set(tenant);
        Arrival { route, tenant, caller, source: self.source(), user: None, key: None }
    }

    /// The idempotency key: exactly one, fresh at `now`.
    ///
    /// # Errors
    /// [`Problem`] 400.
    pub fn idempotency_key(&self, now: Timestamp) -> Result<IdempotencyKey, Problem> {
        let mut values = self.headers().get_all("idempotency-key").iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(IdempotencyKeyRefused::Malformed.into());
        };
        let text = value.to_str().map_err(|_| IdempotencyKeyRefused::Malformed)?;
        Ok(IdempotencyKey::parse(text, now)?)
    }

    /// What the caller presents as the user's own, fresh access token; none if there are several.
    #[must_use]
    pub fn unverified_step_up_token(&self) -> Option<&str> {
        let mut values = self.headers().get_all("step-up-token").iter();
        let (value, None) = (values.next()?, values.next()) else { return None };
        value.to_str().ok()
    }

    /// The JSON body.
    ///
    /// # Errors
    /// [`Problem`] 415, 413 or 400.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        json_body(self.headers(), self.request.body())
    }

    /// The body's bytes, for a fingerprint.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        match self.request.body() {
            Body::Text(text) => text.as_bytes(),
            Body::Binary(bytes) => bytes,
            _ => &[],
        }
    }

    /// A parameter of the path; empty if the route has none of this name.
    #[must_use]
    pub fn path_parameter(&self, name: &str) -> String {
        self.request.path_parameters().first(name).unwrap_or_default().to_owned()
    }

    /// The names and values of the query, decoded as those of HTML forms are, each as often as it is there, in no particular order.
    #[must_use]
    pub fn query(&self) -> Vec<(String, String)> {
        let parameters = self.request.query_string_parameters();
        parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The request's path as the gateway matched it.
    #[must_use]
    pub fn path(&self) -> &str {
        self.request.raw_http_path()
    }

    fn authorized(&self) -> Result<Authorized, Problem> {
        let authorizer = gateway_context(&self.request).and_then(|context| context.authorizer.as_ref());
        Authorized::read(authorizer, self.headers())
    }

    fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }
}

fn gateway_context(request: &Request) -> Option<&ApiGatewayV2httpRequestContext> {
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => Some(context),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::request::from_str;

    use super::*;

    fn from(source_ip: &str, headers: &str) -> SourceAddress {
        let event = format!(
            r#"{{"version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "", "headers": {headers},
                "requestContext": {{"http": {{"method": "GET", "path": "/", "protocol": "HTTP/1.1", {source_ip} "userAgent": "x"}},
                    "requestId": "x", "routeKey": "$default", "stage": "$default", "timeEpoch": 0}}, "isBase64Encoded": false}}"#
        );
        Inbound::new(from_str(&event).unwrap()).source()
    }

    #[test]
    fn a5_headers_do_not_move_the_source() {
        let plain = from(r#""sourceIp": "198.51.100.7","#, "{}");
        for header in ["x-forwarded-for", "forwarded", "x-real-ip", "x-user-id", "x-client-ip", "via"] {
            for value in ["203.0.113.9", "for=203.0.113.9", "203.0.113.9, 198.51.100.8"] {
                let claimed = from(r#""sourceIp": "198.51.100.7","#, &format!(r#"{{"{header}": "{value}"}}"#));

                assert_eq!(claimed, plain, "{header}: {value}");
            }
        }
        assert_eq!(plain.address().to_string(), "198.51.100.7");
    }

    #[test]
    fn an_unreadable_source_is_one_address() {
        for source_ip in ["", r#""sourceIp": "","#, r#""sourceIp": "not an address","#, r#""sourceIp": null,"#] {
            let source = from(source_ip, r#"{"x-forwarded-for": "203.0.113.9"}"#);

            assert_eq!(source.address().to_string(), "0.0.0.0", "{source_ip}");
        }
    }
}
