//! A response, taken apart.

use lambda_http::Body;
use lambda_http::http::Response;
use serde_json::Value;

/// A response as a client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers in their order, one entry a line.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The body's JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A member of the body that is a text.
    #[must_use]
    pub fn text(&self, member: &str) -> String {
        self.json()[member].as_str().unwrap_or_else(|| panic!("no {member}: {self:?}")).to_owned()
    }

    /// Status and problem type; the type is empty for a success.
    #[must_use]
    pub fn told(&self) -> (u16, String) {
        (self.status, self.json()["type"].as_str().unwrap_or_default().to_owned())
    }

    /// A header's values.
    #[must_use]
    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Everything, byte for byte, but the request id.
    #[must_use]
    pub fn but_request_id(&self) -> Self {
        let id = self.header("x-request-id").concat();
        let blank = |text: &str| if id.is_empty() { text.to_owned() } else { text.replace(&id, "") };
        Self {
            status: self.status,
            headers: self.headers.iter().map(|(name, value)| (name.clone(), blank(value))).collect(),
            body: blank(&self.body),
        }
    }

    /// Everything as one text, to search in.
    #[must_use]
    pub fn transcript(&self) -> String {
        format!("{} {:?} {}", self.status, self.headers, self.body)
    }
}

impl From<Response<Body>> for Answer {
    fn from(response: Response<Body>) -> Self {
        let headers = response.headers().iter();
        Self {
            status: response.status().as_u16(),
            headers: headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect(),
            body: String::from_utf8(response.body().as_ref().to_vec()).unwrap(),
        }
    }
}
