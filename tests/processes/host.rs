//! Processes of the local host.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use serde_json::Value;

use crate::client::{Answer, Client};
use crate::engine::Engine;

/// A host in a process of its own, which is killed (SIGKILL) when this is dropped.
pub(crate) struct Host {
    process: Process,
    client: Client,
}

impl Host {
    /// Starts a process. It answers when it has printed its address and its key.
    fn start(engine: &Engine) -> Starting {
        let process = Command::new(program())
            .args(["serve", "--port", "0", "--kdf", "pbkdf2-sha256-100000", "--dynamodb-url", &engine.address])
            .arg("--data-dir")
            .arg(engine.data_dir.path())
            .env_clear()
            .stdout(Stdio::piped())
            .spawn();
        Starting(Process(Mutex::new(process.expect("the program can be started"))))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.client.get(path).unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.try_post(path, body).unwrap()
    }

    /// For a host that may die meanwhile.
    pub(crate) fn try_post(&self, path: &str, body: &Value) -> Result<Answer, ureq::Error> {
        self.client.post(path, body)
    }

    /// Kills the process, which has no time to notice.
    pub(crate) fn kill(&self) {
        self.process.kill();
    }
}

/// Hosts on one engine, all of them killed when this is dropped.
pub(crate) struct Fleet(Vec<Host>);

impl Fleet {
    /// Starts this many at once.
    pub(crate) fn start(engine: &Engine, count: usize) -> Self {
        let starting: Vec<Starting> = (0..count).map(|_| Host::start(engine)).collect();
        Self(starting.into_iter().map(Starting::wait).collect())
    }

    /// One of them.
    pub(crate) fn any(&self) -> &Host {
        self.host(self.0.len() - 1)
    }

    /// The `number`th, counted in a circle.
    pub(crate) fn host(&self, number: usize) -> &Host {
        self.0.iter().cycle().nth(number).unwrap()
    }
}

/// A process that does not answer yet.
struct Starting(Process);

impl Starting {
    fn wait(self) -> Host {
        let Self(process) = self;
        let mut lines = BufReader::new(process.output()).lines();
        let mut after = |start: &str| loop {
            let line = lines.next().expect("the host says more before it ends").unwrap();
            if let Some((_, rest)) = line.split_once(start) {
                break rest.split_whitespace().next().unwrap().to_owned();
            }
        };
        let address = format!("http://{}", after("Countersign serves http://"));
        let api_key = after("Development API key: ");
        Host { process, client: Client::new(address, api_key) }
    }
}

/// A process that does not outlive this.
struct Process(Mutex<Child>);

impl Process {
    fn output(&self) -> ChildStdout {
        self.0.lock().unwrap().stdout.take().unwrap()
    }

    fn kill(&self) {
        let mut process = self.0.lock().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The program that cargo puts beside the folder of this test's own.
fn program() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let program = own.ancestors().nth(2).unwrap().join("countersign");
    assert!(program.is_file(), "{} is not there: `cargo build -p local` makes it", program.display());
    program
}
