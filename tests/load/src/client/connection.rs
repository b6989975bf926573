//! One kept-alive HTTP/1.1 connection.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{Answer, Code};

/// A connection that is opened when it is first needed, and again whenever it was closed.
#[derive(Debug)]
pub(crate) struct Connection {
    address: String,
    deadline: Duration,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// To an address; every call ends by the deadline.
    pub(crate) const fn new(address: String, deadline: Duration) -> Self {
        Self { address, deadline, sender: None }
    }

    /// Opens it now, so that no measured request waits for it.
    ///
    /// # Errors
    /// That nobody answers.
    pub(crate) async fn open(&mut self) -> anyhow::Result<()> {
        self.sender = Some(timeout(self.deadline, connect(&self.address)).await??);
        Ok(())
    }

    /// The answer to a request, whole.
    ///
    /// # Errors
    /// Why there is none, as a table calls it.
    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Answer, Code> {
        let none = |detail: &str| Code { status: None, detail: detail.into() };
        match timeout(self.deadline, self.exchange(request)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(none("connection broken")),
            Err(_) => Err(none("no answer in time")),
        }
    }

    /// The sender is put back only once the answer is whole: one that was given up on would be read as the next one's.
    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
        let mut sender = match self.sender.take() {
            Some(sender) if !sender.is_closed() => sender,
            _ => connect(&self.address).await?,
        };
        if sender.ready().await.is_err() {
            sender = connect(&self.address).await?;
        }
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = whole(body).await?;
        self.sender = Some(sender);
        Ok(Answer { status: head.status, body })
    }
}

async fn connect(address: &str) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Without a copy if it came in one piece, as it nearly always does.
async fn whole(mut body: Incoming) -> anyhow::Result<Bytes> {
    let mut pieces = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame?.into_data() {
            pieces.push(piece);
        }
    }
    Ok(if pieces.len() == 1 { pieces.swap_remove(0) } else { pieces.concat().into() })
}
