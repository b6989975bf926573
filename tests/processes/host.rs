//! Processes of the local host.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::thread;

use serde_json::Value;

use crate::client::{Answer, Ask, Client};
use crate::patience::eventually;
use crate::state::State;

/// A host in a process of its own, which is killed (SIGKILL) when this is dropped.
pub(crate) struct Host {
    process: Process,
    client: Client,
}

impl Host {
    /// Starts a process. It answers when it has printed its address and its key.
    fn start(state: &State) -> Starting {
        let process = countersign()
            .args(["serve", "--port", "0", "--kdf", "pbkdf2-sha256-100000"])
            .args(state.arguments())
            .stdout(Stdio::piped())
            .spawn();
        Starting(Process(Mutex::new(process.expect("the program can be started"))))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask(&Ask::get(path))
    }

    /// Sends the same request again as long as the answer is 503, as a merchant would: where nothing is away, a busy machine may
    /// be too slow for a deadline once.
    pub(crate) fn ask(&self, ask: &Ask) -> Answer {
        eventually("an answer that is not 503", || Some(self.ask_once(ask)).filter(|answer| answer.status != 503))
    }

    pub(crate) fn ask_once(&self, ask: &Ask) -> Answer {
        self.try_ask(ask).unwrap()
    }

    /// For a host that may die meanwhile.
    pub(crate) fn try_ask(&self, ask: &Ask) -> Result<Answer, ureq::Error> {
        self.client.send(ask)
    }

    /// Kills the process, which has no time to notice.
    pub(crate) fn kill(&self) {
        self.process.kill();
    }
}

/// Hosts on one state, all of them killed when this is dropped.
pub(crate) struct Fleet(Vec<Host>);

impl Fleet {
    /// Starts this many at once.
    pub(crate) fn start(state: &State, count: usize) -> Self {
        let starting: Vec<Starting> = (0..count).map(|_| Host::start(state)).collect();
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

    pub(crate) fn hosts(&self) -> &[Host] {
        &self.0
    }
}

/// What an operator's command says, carried out on this state.
pub(crate) fn admin(state: &State, command: &str, arguments: &[&str]) -> Value {
    let output = countersign().args(["admin", command]).args(state.place()).args(arguments).output().unwrap();
    let (said, complaint) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{complaint}");
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// What a command about this state's audit log says, and whether it succeeded.
pub(crate) fn audit(state: &State, command: &str, arguments: &[&str]) -> (bool, String) {
    let data_dir = state.engine.data_dir.path().display().to_string();
    audit_anywhere(command, &[&["--data-dir", &data_dir], arguments].concat())
}

/// What a command about an audit log says, and whether it succeeded.
pub(crate) fn audit_anywhere(command: &str, arguments: &[&str]) -> (bool, String) {
    let output = countersign().args(["audit", command]).args(arguments).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
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
        // What it logs from now on is shown if the test fails.
        thread::spawn(move || {
            for line in lines.map_while(Result::ok).filter(|line| line.starts_with('{')) {
                println!("{line}");
            }
        });
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

/// The program that cargo puts beside the folder of this test's own, with nothing of this process's environment.
fn countersign() -> Command {
    let own = std::env::current_exe().unwrap();
    let program: PathBuf = own.ancestors().nth(2).unwrap().join("countersign");
    assert!(program.is_file(), "{} is not there: `cargo build -p local` makes it", program.display());
    let mut command = Command::new(program);
    command.env_clear();
    command
}
