//! Reading a request's body, within bounds.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use countersign_http::{Problem, ProblemType};
use http::HeaderMap;
use http::header::EXPECT;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

/// The whole body.
///
/// One that is too large is read on for a while before it is refused, because many clients read no answer before they have
/// sent everything; but not if the client asked first, or if it is absurd.
///
/// # Errors
/// [`Problem`] 413 for more than [`MAX_BYTES`], 400 for one that does not arrive.
pub(crate) async fn read_body(headers: &HeaderMap, body: Incoming) -> Result<Bytes, Problem> {
    if body.size_hint().lower() > MAX_BYTES && headers.contains_key(EXPECT) {
        return Err(too_large());
    }
    match timeout(DEADLINE, read(body)).await {
        Ok(read) => read,
        Err(_elapsed) => Err(did_not_arrive()),
    }
}

async fn read(mut body: Incoming) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| did_not_arrive())?;
        let Ok(data) = frame.into_data() else { continue };
        received += data.len() as u64;
        if received <= MAX_BYTES {
            bytes.extend_from_slice(&data);
        } else if received > MAX_DRAINED_BYTES {
            break;
        }
    }
    if received > MAX_BYTES { Err(too_large()) } else { Ok(bytes.freeze()) }
}

fn too_large() -> Problem {
    Problem::new(ProblemType::PayloadTooLarge).detail("a body has at most 10240 bytes")
}

fn did_not_arrive() -> Problem {
    Problem::new(ProblemType::InvalidRequest).detail("the body did not arrive as announced")
}

/// 1 MiB. API Gateway takes 10 MB; no function of ours takes more than 10 KiB, and says so by itself.
const MAX_BYTES: u64 = 1024 * 1024;

const MAX_DRAINED_BYTES: u64 = 16 * MAX_BYTES;

const DEADLINE: Duration = Duration::from_secs(10);
