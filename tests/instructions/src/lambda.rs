//! A function as Lambda's runtime calls it: with an event's text, for an answer's text.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use countersign_http::{Endpoint, handler};
use domain::Clock;
use lambda_http::lambda_runtime::LambdaEvent;
use lambda_http::{Adapter, Context, Service};
use serde_json::Deserializer;
use telemetry::Metrics;

/// A running function.
pub(crate) struct Lambda(Box<dyn Fn(&str) -> Answering + Send + Sync>);

type Answering = Pin<Box<dyn Future<Output = String> + Send>>;

impl Lambda {
    /// Runs an endpoint under this name.
    pub(crate) fn run(function: &'static str, endpoint: impl Endpoint, clock: Arc<dyn Clock>) -> Self {
        let adapter = Adapter::from(handler(endpoint, Metrics::new(function, io::sink()), clock));
        Self(Box::new(move |event| {
            let mut adapter = adapter.clone();
            let payload = serde_path_to_error::deserialize(&mut Deserializer::from_str(event)).unwrap();
            let answering = adapter.call(LambdaEvent::new(payload, Context::default()));
            Box::pin(async { serde_json::to_string(&answering.await.unwrap()).unwrap() })
        }))
    }

    /// The answer to an event.
    pub(crate) async fn answer(&self, event: &str) -> String {
        self.0(event).await
    }
}
