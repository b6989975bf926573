//! What is loaded: who asks it what, and over which connection.

mod answer;
mod call;
mod connection;
mod key;
mod url;
mod users;

pub(crate) use answer::{Answer, Code};
pub(crate) use call::{Call, Calls};
pub(crate) use connection::Connection;
pub(crate) use url::Url;
pub(crate) use users::{Digests, Users};
