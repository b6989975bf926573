//! Whole runs against a server that behaves in one known way.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep_until};

use super::*;
use crate::report::Summary;

/// What a server does with its nth request.
type Behaviour = fn(u64) -> Reply;

struct Reply {
    after: Duration,
    status: u16,
    body: String,
    closes: bool,
}

impl Reply {
    fn at_once(status: u16, body: String) -> Self {
        Self { after: Duration::ZERO, status, body, closes: false }
    }
}

async fn summary(scenario: Scenario, schedule: Schedule, behaviour: Behaviour) -> Summary {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let server = tokio::spawn(serve(listener, behaviour));
    let target = TargetArguments { url, api_key: "k".to_owned(), users: 10, seed: 1, timeout_seconds: 1 };
    let shared = Arc::new(Shared::new(plan(&target, scenario, schedule).unwrap()).unwrap());
    let took = drive(&shared, 1).await.unwrap();
    server.abort();
    Summary::of(&shared, 1, took, None)
}

async fn serve(listener: TcpListener, behaviour: Behaviour) {
    let count = Arc::new(AtomicU64::new(0));
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let count = Arc::clone(&count);
        let service = service_fn(move |request: Request<Incoming>| {
            let reply = behaviour(count.fetch_add(1, Ordering::SeqCst));
            async move {
                drop(request.into_body().collect().await);
                sleep_until(Instant::now() + reply.after).await;
                let mut response = Response::new(Full::new(Bytes::from(reply.body)));
                *response.status_mut() = StatusCode::from_u16(reply.status).unwrap();
                if reply.closes {
                    response.headers_mut().insert("connection", "close".parse().unwrap());
                }
                Ok::<_, Infallible>(response)
            }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

fn opened(number: u64) -> String {
    format!(r#"{{"verification_id":"{number}","factors":["pin","nfc"]}}"#)
}

#[tokio::test]
async fn a_stall_shows_in_every_iteration_that_was_meant_to_start_in_it() {
    let schedule = Schedule::steady(100, End::Count(40));

    let summary = summary(Scenario::Initiate, schedule, |number| Reply {
        after: Duration::from_millis(if number == 0 { 300 } else { 0 }),
        ..Reply::at_once(201, opened(number))
    })
    .await;

    // One connection: what is meant to start in the first 150 ms waits for the rest of the stall, which is as long at least. That
    // is 15 of 40, though only one request was answered slowly.
    assert_eq!((summary.iterations, summary.unexpected), (40, 0));
    let (_, ms) = summary.distribution.iter().find(|(share, _)| (share - 0.7).abs() < 0.01).unwrap();
    assert!(*ms >= 100.0, "{:?}", summary.distribution);
    assert!(summary.lag.max_ms >= 290.0, "{:?}", summary.lag);
}

#[tokio::test]
async fn a_storm_finds_an_answer_of_other_bytes() {
    let closed = || Schedule::Closed { end: End::Count(10) };

    let same = summary(Scenario::ReplayStorm, closed(), |_| Reply::at_once(201, opened(0))).await;
    let other = summary(Scenario::ReplayStorm, closed(), |number| Reply::at_once(201, opened(number / 9))).await;

    assert_eq!((same.unexpected, other.unexpected), (0, 1));
}

#[tokio::test]
async fn a_connection_that_the_server_closes_is_opened_again() {
    let schedule = Schedule::Closed { end: End::Count(5) };

    let summary =
        summary(Scenario::Initiate, schedule, |number| Reply { closes: true, ..Reply::at_once(201, opened(number)) })
            .await;

    assert_eq!((summary.requests, summary.unexpected), (5, 0));
}

#[tokio::test]
async fn an_answer_that_never_comes_is_an_error_and_not_the_next_ones_answer() {
    let schedule = Schedule::Closed { end: End::Count(3) };

    let summary = summary(Scenario::ReplayStorm, schedule, |number| Reply {
        after: Duration::from_secs(if number == 0 { 60 } else { 0 }),
        ..Reply::at_once(201, opened(number.min(1)))
    })
    .await;

    assert_eq!((summary.requests, summary.unexpected), (3, 1));
    let none = summary.answers.iter().find(|answer| answer.status.is_none()).unwrap();
    assert_eq!((&*none.detail, none.unexpected), ("no answer in time", 1));
}

#[tokio::test]
async fn somebody_unknown_is_not_taken_for_a_user() {
    let schedule = Schedule::Closed { end: End::Count(1) };
    let decoy = |_| Reply::at_once(201, r#"{"verification_id":"0","factors":["voice","words"]}"#.to_owned());

    let summary = summary(Scenario::Initiate, schedule, decoy).await;

    assert_eq!(summary.unexpected, 1);
}
