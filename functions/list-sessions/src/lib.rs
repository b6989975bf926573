//! `GET /v1/sessions?user_id=…`: which sessions of a user are live. Never tokens, nor what they are recognised by.
//!
//! A user who is not enrolled has no sessions, like one who has none: the answer does not tell them apart.

mod http;
mod list;

pub use list::{ListError, ListLiveSessions, Ports};
