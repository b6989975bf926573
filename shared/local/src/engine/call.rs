//! Calls of DynamoDB's API that no adapter makes: those that make tables.

use serde_json::Value;

use super::{ACCESS_KEY, REGION};
use crate::client::{self, ClientError};

/// What became of a call.
pub(super) enum Outcome {
    /// The engine did it.
    Done,
    /// The engine refused it, with this error type.
    Refused(String),
}

/// Calls an operation of an engine that checks no signature.
pub(super) async fn call(endpoint: &str, operation: &str, input: &Value) -> Result<Outcome, ClientError> {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20260101/{REGION}/dynamodb/aws4_request, \
         SignedHeaders=host, Signature=00"
    );
    let headers = client::headers([
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-target", &format!("DynamoDB_20120810.{operation}")),
        ("x-amz-date", "20260101T000000Z"),
        ("authorization", &authorization),
    ])?;
    let answer = client::post(endpoint, "/", headers, input).await?;
    Ok(if answer.status.is_success() { Outcome::Done } else { Outcome::Refused(error_type(&answer.body)) })
}

/// `ResourceInUseException` out of `com.amazonaws.dynamodb.v20120810#ResourceInUseException`.
fn error_type(body: &Value) -> String {
    let text = body.get("__type").and_then(Value::as_str).unwrap_or("an answer without an error type");
    text.rsplit('#').next().unwrap_or(text).to_owned()
}
