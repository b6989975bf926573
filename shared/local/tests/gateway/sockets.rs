//! Over a real socket: what only shows in bytes.

use std::net::SocketAddr;

use local::serve_connections;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;

use crate::world::{Sink, World};

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: tokio::task::JoinHandle<()>,
    world: World,
}

impl Server {
    async fn start() -> Self {
        Self::serving(World::new(Sink::Takes).await).await
    }

    async fn serving(world: World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(serve_connections(listener, world.service.clone(), async {
            let _stopped_or_dropped = stopped.await;
        }));
        Self { address, stop, running, world }
    }

    /// Sends bytes and gives everything that comes back until the connection ends.
    async fn exchange(&self, bytes: &[u8]) -> String {
        self.exchange_from("127.0.0.1", bytes).await
    }

    /// The same from another address of this machine.
    async fn exchange_from(&self, address: &str, bytes: &[u8]) -> String {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(address.parse().unwrap(), 0)).unwrap();
        let mut stream = socket.connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    fn head(&self, line: &str, more: &str) -> String {
        let key = self.world.api_key.expose();
        let idempotency_key = self.world.idempotency_key();
        format!(
            "{line}\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n\
             Idempotency-Key: {idempotency_key}\r\n{more}\r\n"
        )
    }
}

#[tokio::test]
async fn a5_the_address_that_is_limited_is_the_sockets() {
    let policy = r#"{"source": {"quota": 2, "period_seconds": 600, "lease": 1}}"#.parse().unwrap();
    let server = Server::serving(World::with(Sink::Takes, policy).await).await;
    let user = "3f0f5f0e-6b51-4ad2-9d4e-0f6f3d1b2a10";
    let describe = |claimed: &str| {
        let forged = format!("X-Forwarded-For: {claimed}\r\nForwarded: for={claimed}\r\nX-Real-IP: {claimed}\r\n");
        server.head(&format!("GET /v1/enrollments/{user} HTTP/1.1"), &forged)
    };

    let mut statuses = Vec::new();
    for (peer, claimed) in
        [("127.0.0.1", "127.0.0.5"), ("127.0.0.1", "127.0.0.6"), ("127.0.0.1", "127.0.0.7"), ("127.0.0.2", "127.0.0.1")]
    {
        let answer = server.exchange_from(peer, describe(claimed).as_bytes()).await;
        statuses.push(answer.split(' ').nth(1).unwrap().to_owned());
    }

    assert_eq!(statuses, ["404", "404", "429", "404"]);
}

#[tokio::test]
async fn e1_a_body_of_two_megabytes_is_a_413() {
    let server = Server::start().await;
    let body = vec![b' '; 2_000_000];

    let announced = server.head("POST /v1/enrollments HTTP/1.1", "Content-Length: 2000000\r\n");
    let announced = server.exchange(&[announced.as_bytes(), &body].concat()).await;
    let chunked = server.head("POST /v1/enrollments HTTP/1.1", "Transfer-Encoding: chunked\r\n");
    let chunked =
        server.exchange(&[chunked.as_bytes(), b"1e8480\r\n".as_slice(), &body, b"\r\n0\r\n\r\n"].concat()).await;
    let asked = server.head("POST /v1/enrollments HTTP/1.1", "Content-Length: 2000000\r\nExpect: 100-continue\r\n");
    let asked = server.exchange(asked.as_bytes()).await;

    for answer in [announced, chunked, asked] {
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.contains("/problems/payload-too-large"));
        assert_eq!(answer.matches("x-request-id").count(), 1);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_400() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = server.head("POST /v1/enrollments HTTP/1.1", "Content-Length: 100\r\n");

    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(b"{").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();

    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test]
async fn http_1_0_is_spoken() {
    let server = Server::start().await;

    let answer = server.exchange(b"GET /health/live HTTP/1.0\r\n\r\n").await;

    assert!(answer.starts_with("HTTP/1.0 200 "), "{answer}");
    assert!(answer.ends_with(r#"{"status":"alive"}"#));
}

#[tokio::test]
async fn targets_that_are_no_paths_are_answered() {
    let server = Server::start().await;

    for line in ["OPTIONS * HTTP/1.1", "CONNECT example.com:80 HTTP/1.1", "GET http://example.com HTTP/1.1"] {
        let answer = server.exchange(server.head(line, "").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{line}: {answer}");
        assert!(answer.contains("x-request-id"));
    }
    let absolute = server.exchange(server.head("GET http://example.com/health/live HTTP/1.1", "").as_bytes()).await;
    assert!(absolute.starts_with("HTTP/1.1 200 "), "{absolute}");
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_the_server_lives_on() {
    let server = Server::start().await;

    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(70_000));
    for bytes in [b"garbage\r\n\r\n".as_slice(), b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\0\0", long.as_bytes()] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let _refused_while_sending = stream.write_all(bytes).await;
        let _or_half_closed = stream.shutdown().await;
        let mut answer = Vec::new();
        let _or_reset = stream.read_to_end(&mut answer).await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
    }
    let alive = server.exchange(server.head("GET /health/live HTTP/1.1", "").as_bytes()).await;
    assert!(alive.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let server = Server::start().await;
    let one = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3);

    let answer = server.exchange(format!("{one}{}", server.head("GET /health/live HTTP/1.1", "")).as_bytes()).await;

    assert_eq!(answer.matches("HTTP/1.1 200 ").count(), 4);
}

#[tokio::test]
async fn stopping_closes_idle_connections_and_the_port() {
    let server = Server::start().await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut first = [0; 16];
    idle.read_exact(&mut first).await.unwrap();

    server.stop.send(()).unwrap();
    server.running.await.unwrap();

    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn stopping_lets_a_request_in_flight_finish() {
    let server = Server::start().await;
    let body = crate::world::enrollment();
    let more = format!("Content-Length: {}\r\n", body.len());
    let head = server.head("POST /v1/enrollments HTTP/1.1", &more);
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let (first, rest) = body.as_bytes().split_at(10);

    stream.write_all(&[head.as_bytes(), first].concat()).await.unwrap();
    // Once another connection is answered, this one has been accepted, and its head read.
    server.exchange(server.head("GET /health/live HTTP/1.1", "").as_bytes()).await;
    server.stop.send(()).unwrap();
    stream.write_all(rest).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();

    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    server.running.await.unwrap();
}
