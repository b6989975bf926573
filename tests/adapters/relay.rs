//! A server between the store and an engine: it counts what passes, and can lose every answer once, so that the SDK's blind
//! repetition is what is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use store_dynamodb::{AllTables, DynamoStore};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It is passed on, and its answer back.
    Once,
    /// It is passed on, its answer is lost; it is passed on again, and that answer comes back. What a store sees that repeats
    /// a request after its answer was lost.
    Twice,
}

/// A store behind a relay.
pub(crate) struct Relayed {
    pub(crate) store: DynamoStore<AllTables>,
    requests: Arc<AtomicUsize>,
}

impl Relayed {
    /// A store that reaches the engine at `engine` (`http://127.0.0.1:…`) through a relay.
    pub(crate) async fn new(engine: &str, delivery: Delivery) -> Self {
        let engine: Arc<str> = engine.strip_prefix("http://").unwrap().into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = local::engine_config(&format!("http://{}", listener.local_addr().unwrap()));
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(pass_on_all(stream, Arc::clone(&engine), delivery, Arc::clone(&counter)));
            }
        });
        Self { store: DynamoStore::new(&config, local::table_names()), requests }
    }

    /// How many requests the store has sent since the last time.
    pub(crate) fn requests(&self) -> usize {
        self.requests.swap(0, Ordering::SeqCst)
    }
}

async fn pass_on_all(stream: TcpStream, engine: Arc<str>, delivery: Delivery, requests: Arc<AtomicUsize>) {
    let mut store = BufReader::new(stream);
    let mut engine = BufReader::new(TcpStream::connect(&*engine).await.unwrap());
    while let Some(request) = message(&mut store).await {
        requests.fetch_add(1, Ordering::SeqCst);
        if delivery == Delivery::Twice {
            engine.write_all(&request).await.unwrap();
            message(&mut engine).await.unwrap();
        }
        engine.write_all(&request).await.unwrap();
        let answer = message(&mut engine).await.unwrap();
        store.write_all(&answer).await.unwrap();
    }
}

/// The bytes of the next request or answer; its body has a length.
async fn message(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    let mut length = 0;
    loop {
        let start = message.len();
        if stream.read_until(b'\n', &mut message).await.ok()? == 0 {
            return None;
        }
        let line = String::from_utf8_lossy(&message[start..]).to_ascii_lowercase();
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let head = message.len();
    message.resize(head + length, 0);
    stream.read_exact(&mut message[head..]).await.ok()?;
    Some(message)
}
