//! Redis servers as processes of a test: one alone, or three masters as a cluster.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use crypto::OsEntropy;
use domain::Entropy;
use tempfile::TempDir;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Running servers without data. They end when this is dropped, and when the test's process ends in any way.
#[derive(Debug)]
pub struct ValkeyEngine {
    servers: Vec<ValkeyServer>,
    parameters: &'static str,
}

impl ValkeyEngine {
    /// Starts one server.
    pub async fn start() -> Self {
        Self { servers: vec![ValkeyServer::start(&[]).await], parameters: "" }
    }

    /// Starts one server that also listens with TLS, with this certificate and its key, and knows the user `app`, who may log in with
    /// any password.
    pub async fn start_with_tls(certificate: &Path, key: &Path) -> (Self, u16) {
        let port = free_port();
        let [certificate, key] = [certificate, key].map(|path| path.to_str().unwrap());
        let tls = ["--tls-port", &port.to_string(), "--tls-cert-file", certificate, "--tls-key-file", key];
        let server = ValkeyServer::start(&[&tls[..], &["--tls-auth-clients", "no"]].concat()).await;
        server.command("ACL SETUSER app on nopass ~* &* +@all");
        (Self { servers: vec![server], parameters: "" }, port)
    }

    /// Starts three masters, each with a third of the slots, and waits until each knows that the cluster is complete.
    pub async fn start_cluster() -> Self {
        let mut servers = Vec::new();
        for (number, slots) in SLOTS.into_iter().enumerate() {
            let bus = free_port().to_string();
            let server = ValkeyServer::start(&["--cluster-enabled", "yes", "--cluster-port", &bus]).await;
            server.command(&format!("CLUSTER SET-CONFIG-EPOCH {}", number + 1));
            server.command(&format!("CLUSTER ADDSLOTSRANGE {slots}"));
            servers.push((server, bus));
        }
        let (first, bus) = &servers[0];
        for (server, _) in &servers[1..] {
            server.command(&format!("CLUSTER MEET 127.0.0.1 {} {bus}", first.port));
        }
        let servers: Vec<_> = servers.into_iter().map(|(server, _)| server).collect();
        for server in &servers {
            until("a complete cluster", || {
                let information = server.command("CLUSTER INFO").text();
                information.contains("cluster_state:ok")
                    && information.contains("cluster_known_nodes:3")
                    && information.contains("cluster_slots_ok:16384")
            })
            .await;
        }
        Self { servers, parameters: "?cluster=true" }
    }

    /// What `COUNTERSIGN_CACHE` has to say.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}{}", self.servers[0].port, self.parameters)
    }

    /// The servers.
    #[must_use]
    pub fn servers(&self) -> &[ValkeyServer] {
        &self.servers
    }

    /// Every key with its value, as a thief of the memory would find them.
    #[must_use]
    pub fn dump(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut content = BTreeMap::new();
        for server in &self.servers {
            for key in server.command("KEYS *").array() {
                let key = key.bytes();
                let value = server.call(&[b"GET", &key]).bytes();
                content.insert(key, value);
            }
        }
        content
    }

    /// How often each command was carried out, over all servers.
    #[must_use]
    pub fn command_counts(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for server in &self.servers {
            for line in server.command("INFO commandstats").text().lines() {
                let Some((name, rest)) = line.strip_prefix("cmdstat_").and_then(|line| line.split_once(":calls="))
                else {
                    continue;
                };
                let calls: u64 = rest.split(',').next().unwrap().parse().unwrap();
                *counts.entry(name.to_owned()).or_default() += calls;
            }
        }
        counts
    }
}

/// One server.
#[derive(Debug)]
pub struct ValkeyServer {
    port: u16,
    arguments: Vec<String>,
    directory: TempDir,
    process: Mutex<Process>,
}

impl ValkeyServer {
    async fn start(arguments: &[&str]) -> Self {
        let directory = TempDir::new().unwrap();
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let port = free_port();
        let process = Mutex::new(Process::start(port, &arguments, &directory));
        let server = Self { port, arguments, directory, process };
        server.listens().await;
        server
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.lock().unwrap().pid
    }

    /// SIGSTOP: it stays as it is, and answers nothing.
    pub fn stall(&self) {
        self.process.lock().unwrap().signal("STOP");
    }

    /// SIGCONT: it goes on, with what was sent meanwhile.
    pub fn go_on(&self) {
        self.process.lock().unwrap().signal("CONT");
    }

    /// SIGKILL: its port is closed, and its data is gone.
    pub fn kill(&self) {
        self.process.lock().unwrap().kill();
    }

    /// Starts it again after it was killed, on the same port.
    pub async fn restart(&self) {
        *self.process.lock().unwrap() = Process::start(self.port, &self.arguments, &self.directory);
        self.listens().await;
    }

    /// Has a command carried out whose parts have no spaces in them.
    pub fn command(&self, line: &str) -> Reply {
        self.call(&line.split(' ').map(str::as_bytes).collect::<Vec<_>>())
    }

    /// Has a command carried out, on a connection of its own.
    pub fn call(&self, parts: &[&[u8]]) -> Reply {
        self.try_call(parts).unwrap()
    }

    /// The connections that are not this test's own looking.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.command("CLIENT LIST").text().lines().filter(|line| !line.contains("cmd=client|list")).count()
    }

    fn try_call(&self, parts: &[&[u8]]) -> std::io::Result<Reply> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut request = format!("*{}\r\n", parts.len()).into_bytes();
        for part in parts {
            request.extend_from_slice(format!("${}\r\n", part.len()).as_bytes());
            request.extend_from_slice(part);
            request.extend_from_slice(b"\r\n");
        }
        stream.write_all(&request)?;
        Reply::read(&mut BufReader::new(stream))
    }

    async fn listens(&self) {
        until("a server that listens; is redis-server (7.0 or newer) installed?", || {
            self.try_call(&[b"PING"]).is_ok_and(|reply| reply == Reply::Text(b"PONG".to_vec()))
        })
        .await;
    }
}

/// The server, and the shell that ends it when the pipe to the shell is closed.
#[derive(Debug)]
struct Process {
    shell: Child,
    pid: u32,
}

impl Process {
    fn start(port: u16, arguments: &[String], directory: &TempDir) -> Self {
        let mut shell = Command::new("sh")
            .args(["-c", r#""$@" > /dev/null & engine=$!; echo $engine; cat > /dev/null; { kill -9 $engine; wait $engine; } 2> /dev/null"#])
            .args(["sh", "redis-server", "--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(directory.path())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("sh can be started");
        let mut line = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { shell, pid: line.trim().parse().unwrap() }
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.pid.to_string()]).status().unwrap();
        assert!(status.success(), "the server takes SIG{name}");
    }

    fn kill(&mut self) {
        // Closing the pipe tells the shell to end its engine.
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Text or bytes.
    Text(Vec<u8>),
    /// A number.
    Number(i64),
    /// Nothing.
    Nil,
    /// Several.
    Array(Vec<Reply>),
}

impl Reply {
    /// The text.
    #[must_use]
    pub fn text(self) -> String {
        String::from_utf8(self.bytes()).unwrap()
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Self::Text(bytes) => bytes,
            other => panic!("not text: {other:?}"),
        }
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::Number(number) => number,
            other => panic!("not a number: {other:?}"),
        }
    }

    /// The parts.
    #[must_use]
    pub fn array(self) -> Vec<Self> {
        match self {
            Self::Array(parts) => parts,
            other => panic!("not an array: {other:?}"),
        }
    }

    fn read(stream: &mut impl BufRead) -> std::io::Result<Self> {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        if line.is_empty() {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let (kind, rest) = line.trim_end().split_at(1);
        Ok(match kind {
            "+" => Self::Text(rest.as_bytes().to_vec()),
            "-" => return Err(std::io::Error::other(rest.to_owned())),
            ":" => Self::Number(rest.parse().unwrap()),
            "$" | "*" if rest == "-1" => Self::Nil,
            "$" => {
                let mut bytes = vec![0; rest.parse::<usize>().unwrap() + 2];
                stream.read_exact(&mut bytes)?;
                bytes.truncate(bytes.len() - 2);
                Self::Text(bytes)
            }
            "*" => Self::Array((0..rest.parse().unwrap()).map(|_| Self::read(stream)).collect::<Result<_, _>>()?),
            other => panic!("unknown reply {other}"),
        })
    }
}

/// Asks again every so often until it is so.
async fn until(what: &str, is_so: impl Fn() -> bool + Send + Sync) {
    let mut ticks = interval(Duration::from_millis(20));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let waiting = async {
        while !is_so() {
            ticks.tick().await;
        }
    };
    timeout(START_DEADLINE, waiting).await.unwrap_or_else(|_| panic!("{what} within {START_DEADLINE:?}"));
}

/// A port that nobody listens on, below those that Linux gives to clients: it stays free while its server is gone.
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

/// All slots, in three parts.
const SLOTS: [&str; 3] = ["0 5460", "5461 10922", "10923 16383"];

const START_DEADLINE: Duration = Duration::from_secs(30);
