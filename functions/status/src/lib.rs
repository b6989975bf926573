//! `GET /v1/verifications/{verification_id}`: where a verification stands, for the merchant or the capability's holder.

mod error;
mod http;
mod status;

pub use error::StatusError;
pub use status::{Ports, ReadStatus, Standing};
