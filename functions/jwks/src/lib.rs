//! `GET /.well-known/jwks.json`: the public keys that tokens are checked with, offline (RFC 7517).

mod http;
mod publish;

pub use publish::PublishKeys;
