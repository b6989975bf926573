//! `GET /v1/enrollments/{user_id}`: which factors a user has enrolled. Never verifier material.

mod describe;
mod http;

pub use describe::{DescribeEnrollment, DescribeError, Ports};
