//! Redis servers in processes of their own, which are stopped, killed and started again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use crypto::OsEntropy;
use domain::Entropy;
use tempfile::TempDir;

use crate::patience::eventually;

/// One server, or a cluster of three masters. It ends when it is dropped.
pub(crate) struct Valkey {
    servers: Vec<Server>,
}

/// A server that knows no data of an earlier one.
pub(crate) struct Server {
    port: u16,
    bus: Option<u16>,
    folder: TempDir,
    process: Mutex<Child>,
}

impl Valkey {
    /// A stand-alone server.
    pub(crate) fn single() -> Self {
        Self { servers: vec![Server::start(None)] }
    }

    /// Three masters that share the slots.
    pub(crate) fn cluster() -> Self {
        let servers: Vec<Server> = (0..3).map(|_| Server::start(Some(free_port()))).collect();
        let meet = format!("CLUSTER MEET 127.0.0.1 {} {}", servers[0].port, servers[0].bus.unwrap());
        for (server, slots) in servers.iter().zip(["0 5460", "5461 10922", "10923 16383"]) {
            assert_eq!(server.ask(&format!("CLUSTER ADDSLOTSRANGE {slots}")), "OK");
            assert_eq!(server.ask(&meet), "OK");
        }
        let is_complete = |server: &Server| {
            let info = server.ask("CLUSTER INFO");
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
        };
        eventually("a cluster is complete", || servers.iter().all(is_complete).then_some(()));
        Self { servers }
    }

    pub(crate) fn is_cluster(&self) -> bool {
        self.servers.len() > 1
    }

    /// The port of the first server.
    pub(crate) fn port(&self) -> u16 {
        self.servers[0].port
    }

    pub(crate) fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// Whether it keeps a request of this tenant and idempotency key: `r`, then their bytes.
    pub(crate) fn has_request(&self, tenant: &str, key: &str) -> bool {
        let id = hex::decode([tenant, key].concat().replace('-', "")).unwrap();
        self.servers[0].command(&[b"EXISTS", &[b"r", id.as_slice()].concat()]) == "1"
    }
}

impl Server {
    fn start(bus: Option<u16>) -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let process = Mutex::new(spawn(port, bus, &folder));
        let server = Self { port, bus, folder, process };
        server.answers();
        server
    }

    /// It stands still: connections stay, and nothing is answered on them.
    pub(crate) fn stall(&self) {
        self.signal("STOP");
    }

    /// It goes on after standing still.
    pub(crate) fn go_on(&self) {
        self.signal("CONT");
    }

    /// It ends in good order.
    pub(crate) fn shut_down(&self) {
        self.write(&[b"SHUTDOWN", b"NOSAVE"]).unwrap();
        self.process.lock().unwrap().wait().unwrap();
    }

    /// It ends at once.
    pub(crate) fn kill(&self) {
        let mut process = self.process.lock().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// After its end, it is there again at the same address, and has forgotten everything.
    pub(crate) fn start_again(&self) {
        *self.process.lock().unwrap() = spawn(self.port, self.bus, &self.folder);
        self.answers();
    }

    /// How many connections clients hold, and how many they have made since it started; without this question's.
    pub(crate) fn connections(&self) -> Connections {
        let clients = self.ask("CLIENT LIST");
        let info = self.ask("INFO stats");
        let received = info.lines().find_map(|line| line.strip_prefix("total_connections_received:")).unwrap();
        let own = clients.lines().filter(|line| line.contains(" cmd=client|list ")).count();
        Connections { held: clients.lines().count() - own, made: received.trim().parse().unwrap() }
    }

    /// What it answers to words.
    pub(crate) fn ask(&self, words: &str) -> String {
        self.command(&words.split(' ').map(str::as_bytes).collect::<Vec<_>>())
    }

    fn command(&self, words: &[&[u8]]) -> String {
        let mut answer = BufReader::new(self.write(words).unwrap());
        let mut line = String::new();
        answer.read_line(&mut line).unwrap();
        let (kind, rest) = line.trim_end().split_at(1);
        if kind != "$" {
            return rest.to_owned();
        }
        let mut text = vec![0; rest.parse().unwrap()];
        answer.read_exact(&mut text).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }

    fn write(&self, words: &[&[u8]]) -> std::io::Result<TcpStream> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(DEADLINE))?;
        let mut request = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            request.extend(format!("${}\r\n", word.len()).into_bytes());
            request.extend([word, b"\r\n".as_slice()].concat());
        }
        stream.write_all(&request)?;
        Ok(stream)
    }

    fn answers(&self) {
        eventually("a server answers", || {
            let is_there = TcpStream::connect(("127.0.0.1", self.port)).is_ok();
            (is_there && self.ask("PING") == "PONG").then_some(())
        });
    }

    fn signal(&self, name: &str) {
        let process = self.process.lock().unwrap().id().to_string();
        let status = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &process]).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut process = self.process.lock().unwrap();
        // It may have ended.
        let _ended = process.kill();
        let _reaped = process.wait();
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

fn spawn(port: u16, bus: Option<u16>, folder: &TempDir) -> Child {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"]);
    command.arg("--dir").arg(folder.path());
    if let Some(bus) = bus {
        command.args(["--cluster-enabled", "yes", "--cluster-port", &bus.to_string()]);
    }
    let started = command.stdout(Stdio::null()).spawn();
    started.expect("redis-server is installed: tests/tools/install does it")
}

/// A port that nobody listened on a moment ago, below those that Linux gives to clients: it stays free while its server is gone.
fn free_port() -> u16 {
    loop {
        let mut random = [0; 2];
        OsEntropy.fill(&mut random).unwrap();
        let port = 10_000 + u16::from_le_bytes(random) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

const DEADLINE: Duration = Duration::from_secs(10);
