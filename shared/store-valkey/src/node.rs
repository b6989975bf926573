//! One server: its one connection, its breaker, and how often a call is made.
//!
//! - All calls of a process share the connection; calls that are under way at the same time are pipelined on it.
//! - A call that gets no answer within the deadline, or whose connection breaks, is made once more on a new connection.
//!   However many calls meet the same dead connection, it is replaced once.
//! - Every command in this crate may be sent twice: scripts know the execution's nonce or the draw's id again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, Shared};
use redis::aio::MultiplexedConnection;
use redis::{Cmd, ErrorKind, RedisError, ServerErrorKind, Value};
use tokio::time::timeout;

use crate::CacheFailure;
use crate::breaker::{Breaker, Change, Pass};
use crate::connector::{Address, Connector};

/// A server of the cache.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) address: Address,
    connector: Arc<Connector>,
    timing: Timing,
    breaker: Breaker,
    link: Mutex<Link>,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    /// One call, connecting included.
    pub(crate) deadline: Duration,
    /// Connecting. Longer than a call: who waits for the connection gives up earlier, and it is there for the next one.
    pub(crate) connecting: Duration,
    /// From a failure to the next probe.
    pub(crate) pause: Duration,
}

/// What a server says.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    /// The command's result.
    Value(Value),
    /// It does not know the script; nothing was done.
    NoScript,
    /// The key's slot is elsewhere; nothing was done.
    Moved(Address),
    /// The key's slot is on its way elsewhere, where the key is already; nothing was done.
    Ask(Address),
}

/// Whether a command is for a slot that the server is about to take over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    No,
    Yes,
}

/// The connection and how many there were before it.
#[derive(Debug, Default)]
struct Link {
    generation: u64,
    connecting: Option<Connecting>,
}

type Connecting = Shared<BoxFuture<'static, Result<MultiplexedConnection, CacheFailure>>>;

impl Node {
    pub(crate) fn new(address: Address, connector: Arc<Connector>, timing: Timing) -> Self {
        let breaker = Breaker::new(timing.pause);
        Self { address, connector, timing, breaker, link: Mutex::default() }
    }

    /// Whether the server answers, as far as is known.
    pub(crate) fn answers(&self) -> bool {
        self.breaker.is_closed()
    }

    /// Connects, however long that takes within its bound. A server that cannot be connected to is left alone from then on.
    pub(crate) async fn connect(&self) {
        let (generation, connecting) = self.link();
        if connecting.await.is_err() {
            self.give_up(generation);
            self.tell(self.breaker.failed(Pass::Usual));
        }
    }

    /// Makes a call, twice if need be.
    pub(crate) async fn call(&self, command: &Cmd, asking: Asking) -> Result<Answer, CacheFailure> {
        let pass = self.breaker.pass().ok_or(CacheFailure::LeftAlone)?;
        let result = match self.attempt(command, asking).await {
            Err(failure) if failure.is_of_the_connection() && pass == Pass::Usual => {
                self.attempt(command, asking).await
            }
            result => result,
        };
        self.tell(match result {
            Ok(_) => self.breaker.succeeded(pass),
            Err(_) => self.breaker.failed(pass),
        });
        result
    }

    async fn attempt(&self, command: &Cmd, asking: Asking) -> Result<Answer, CacheFailure> {
        let (generation, connecting) = self.link();
        let exchange = async {
            let connection = connecting.await?;
            exchange(connection, command, asking).await
        };
        let result = timeout(self.timing.deadline, exchange).await.unwrap_or(Err(CacheFailure::TimedOut));
        if result.is_err() {
            self.give_up(generation);
        }
        result
    }

    /// The connection, or the making of it.
    fn link(&self) -> (u64, Connecting) {
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = link.generation;
        let connecting = link.connecting.get_or_insert_with(|| self.begin_to_connect());
        (generation, connecting.clone())
    }

    /// On a task of its own, which goes on when those who wait for it give up.
    fn begin_to_connect(&self) -> Connecting {
        let (connector, address, bound) = (Arc::clone(&self.connector), self.address.clone(), self.timing.connecting);
        let task = tokio::spawn(async move {
            timeout(bound, connector.connect(&address)).await.unwrap_or(Err(CacheFailure::NotConnected("too slow")))
        });
        async move { task.await.unwrap_or(Err(CacheFailure::NotConnected("given up"))) }.boxed().shared()
    }

    /// Lets go of a connection, unless it has been replaced already; also of one that gives errors, since its address may mean
    /// another server by now. One that is still being made is waited for by the next call, too: a server that accepts slowly
    /// is not helped by more connections.
    fn give_up(&self, generation: u64) {
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        let is_made = link.connecting.as_ref().is_some_and(|connecting| connecting.peek().is_some());
        if link.generation == generation && is_made {
            *link = Link { generation: generation + 1, connecting: None };
        }
    }

    fn tell(&self, change: Change) {
        let Address { host, port } = &self.address;
        match change {
            Change::Opened => {
                tracing::warn!(
                    cache.host = host,
                    cache.port = port,
                    cache.breaker = "open",
                    "a server of the cache does not answer: DynamoDB takes its place"
                );
            }
            Change::Closed => {
                tracing::info!(
                    cache.host = host,
                    cache.port = port,
                    cache.breaker = "closed",
                    "a server of the cache answers again"
                );
            }
            Change::None => {}
        }
    }
}

async fn exchange(
    mut connection: MultiplexedConnection,
    command: &Cmd,
    asking: Asking,
) -> Result<Answer, CacheFailure> {
    let result = match asking {
        Asking::No => command.query_async(&mut connection).await,
        Asking::Yes => {
            let mut pipeline = redis::pipe();
            pipeline.cmd("ASKING").ignore().add_command(command.clone());
            pipeline.query_async(&mut connection).await.map(|(value,)| value)
        }
    };
    result.map(Answer::Value).or_else(|error| understand(&error))
}

fn understand(error: &RedisError) -> Result<Answer, CacheFailure> {
    let redirect = || error.redirect_node().and_then(|(address, _)| Address::parse(address));
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::NoScript) => Ok(Answer::NoScript),
        ErrorKind::Server(ServerErrorKind::Moved) => redirect().map(Answer::Moved).ok_or(CacheFailure::NotUnderstood),
        ErrorKind::Server(ServerErrorKind::Ask) => redirect().map(Answer::Ask).ok_or(CacheFailure::NotUnderstood),
        _ => match error.code() {
            Some(code) => Err(CacheFailure::Answered(code.to_owned())),
            None => Err(CacheFailure::Broken),
        },
    }
}
