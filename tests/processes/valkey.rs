//! The Redis that hosts share.

use std::net::TcpStream;
use std::process::Command;

use countersign_tests::{ValkeyEngine, ValkeyServer};
use tokio::runtime::{Builder, Runtime};

use crate::patience::eventually;

/// One server, or a cluster of three masters. It ends when it is dropped.
pub(crate) struct Valkey {
    engine: ValkeyEngine,
    /// For what only waits.
    waiting: Runtime,
}

impl Valkey {
    /// A stand-alone server.
    pub(crate) fn single() -> Self {
        let waiting = runtime();
        Self { engine: waiting.block_on(ValkeyEngine::start()), waiting }
    }

    /// Three masters that share the slots.
    pub(crate) fn cluster() -> Self {
        let waiting = runtime();
        Self { engine: waiting.block_on(ValkeyEngine::start_cluster()), waiting }
    }

    pub(crate) fn is_cluster(&self) -> bool {
        self.servers().len() > 1
    }

    /// The port of the first server.
    pub(crate) fn port(&self) -> u16 {
        self.servers()[0].port()
    }

    pub(crate) fn servers(&self) -> &[ValkeyServer] {
        self.engine.servers()
    }

    /// Connections to it stay, and nothing is answered on them.
    pub(crate) fn stall(&self) {
        self.servers()[0].stall();
    }

    /// It goes on after standing still.
    pub(crate) fn go_on(&self) {
        self.servers()[0].go_on();
    }

    /// It ends at once.
    pub(crate) fn kill(&self) {
        self.servers()[0].kill();
    }

    /// It ends in good order, as SIGTERM asks it to.
    pub(crate) fn shut_down(&self) {
        let process = self.servers()[0].pid().to_string();
        assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
        let port = self.port();
        eventually("the server is gone", || TcpStream::connect(("127.0.0.1", port)).is_err().then_some(()));
    }

    /// After its end, it is there again at the same address, and has forgotten everything.
    pub(crate) fn start_again(&self) {
        self.waiting.block_on(self.servers()[0].restart());
    }

    /// Whether it keeps a request of this tenant and idempotency key: `r`, then their bytes.
    pub(crate) fn has_request(&self, tenant: &str, key: &str) -> bool {
        let id = hex::decode([tenant, key].concat().replace('-', "")).unwrap();
        self.servers()[0].call(&[b"EXISTS", &[b"r", id.as_slice()].concat()]).number() == 1
    }
}

/// Connections of clients to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Connections {
    /// At the moment.
    pub(crate) held: usize,
    /// Since the server started, with those of the questions about them: two each.
    pub(crate) made: usize,
}

impl Connections {
    pub(crate) fn to(server: &ValkeyServer) -> Self {
        let held = server.clients();
        let stats = server.command("INFO stats").text();
        let made = stats.lines().find_map(|line| line.strip_prefix("total_connections_received:")).unwrap();
        Self { held, made: made.trim().parse().unwrap() }
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}
