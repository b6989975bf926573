//! HTTP/1.1 on a socket.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use audit::RecordEvents;
use bytes::Bytes;
use crypto::{CheckKey, UnwrapKey};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::body::read_body;
use crate::{Service, Store};

/// Serves connections until `stop`, then lets those that are answering finish.
pub async fn run<S, U, A>(listener: TcpListener, service: Service<S, U, A>, stop: impl Future<Output = ()>)
where
    S: Store,
    U: UnwrapKey + CheckKey + Clone + 'static,
    A: RecordEvents + Clone + 'static,
{
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let connections = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (accept(&listener).await, place)
        };
        let ((stream, peer), place) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        let service = service.clone();
        let answer = service_fn(move |request| answer(service.clone(), request, peer));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_DEADLINE)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), answer);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = %error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    if timeout(DRAIN_DEADLINE, connections.shutdown()).await.is_err() {
        tracing::warn!("connections were still busy and are dropped");
    }
}

/// The next connection. What makes accepting fail (above all, no more file descriptors) passes; meanwhile it waits.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are small and whole: waiting for more of them only delays them.
                let _kept_as_it_was = stream.set_nodelay(true);
                return (stream, peer);
            }
            Err(error) => {
                tracing::warn!(error = %error, "a connection could not be accepted");
                let _elapsed = timeout(ACCEPT_PAUSE, pending::<()>()).await;
            }
        }
    }
}

async fn answer<S, U, A>(
    service: Service<S, U, A>,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Result<Response<Full<Bytes>>, Infallible>
where
    S: Store,
    U: UnwrapKey + CheckKey + Clone + 'static,
    A: RecordEvents + Clone + 'static,
{
    let (head, body) = request.into_parts();
    let response = match read_body(&head.headers, body).await {
        Ok(body) => service.handle(Request::from_parts(head, body), peer.ip()).await,
        Err(problem) => service.refuse(problem),
    };
    Ok(response.map(Full::new))
}

/// Beyond it, callers wait to be accepted.
const MAX_CONNECTIONS: usize = 1_024;

/// For the head of a request, and between two requests of a connection.
const HEADER_DEADLINE: Duration = Duration::from_secs(60);

/// Request line and headers together; hyper answers 431 beyond it.
const MAX_HEAD_BYTES: usize = 64 * 1024;

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A little longer than the gateway waits for a function.
const DRAIN_DEADLINE: Duration = Duration::from_secs(35);
