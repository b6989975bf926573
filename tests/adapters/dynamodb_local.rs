//! Amazon's DynamoDB Local, as a process of this test.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use store::conformance::run_all;
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::engine;

/// A running DynamoDB Local with its data in memory. It ends when this is dropped, and when the test's process ends in
/// any way: its shell waits for the end of the pipe that this holds.
pub(crate) struct DynamoDbLocal {
    shell: Child,
    port: u16,
}

impl DynamoDbLocal {
    /// Starts it on a free port and waits until it listens.
    pub(crate) async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let shell = Command::new("sh")
            .args(["-c", r#""$@" & engine=$!; cat > /dev/null; kill $engine; wait $engine"#, "sh", "java"])
            .args(["-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"])
            .args(["-inMemory", "-sharedDb", "-disableTelemetry", "-port", &port.to_string()])
            .current_dir(directory())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("sh can be started");
        let engine = Self { shell, port };
        let listens = timeout(START_DEADLINE, engine.listens()).await;
        listens.expect("DynamoDB Local listens within its deadline; is Java (17 or newer) installed?");
        engine
    }

    /// Where it answers.
    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn listens(&self) {
        let mut ticks = interval(Duration::from_millis(50));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            ticks.tick().await;
        }
    }
}

impl Drop for DynamoDbLocal {
    fn drop(&mut self) {
        // Closing the pipe tells the shell to end its engine.
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "the runner says where the engine is")]
fn directory() -> PathBuf {
    let directory = std::env::var_os("COUNTERSIGN_DYNAMODB_LOCAL").map(PathBuf::from).expect(
        "COUNTERSIGN_DYNAMODB_LOCAL names the directory that holds DynamoDBLocal.jar and DynamoDBLocal_lib \
         (the folder `emulator` of the npm package amplify-dynamodb-simulator); tests/run sets it",
    );
    assert!(directory.join("DynamoDBLocal.jar").is_file(), "COUNTERSIGN_DYNAMODB_LOCAL holds DynamoDBLocal.jar");
    directory
}

/// Its usual start takes two seconds.
const START_DEADLINE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn b1_dynamodb_local_passes_the_conformance_suite() {
    let engine = engine::dynamodb_local().await;

    let report = run_all(&engine.store, 1).await;

    assert!(report.is_clean(), "{report}");
}
