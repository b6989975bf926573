//! The gateway: what API Gateway does between an HTTP request and a function.

mod authorizer;
mod event;
mod functions;
mod matching;
mod service;

pub use functions::{Ports, Store};
pub use service::Service;
