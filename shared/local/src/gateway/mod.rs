//! The gateway: what API Gateway does between an HTTP request and a function.

mod authorizer;
mod event;
mod functions;
mod matching;
mod service;
mod store;

#[cfg(test)]
pub(crate) use authorizer::REAUTHORIZE_EVERY;
pub use functions::Ports;
pub use service::Service;
pub use store::Store;
