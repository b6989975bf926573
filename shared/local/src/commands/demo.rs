//! `countersign demo`: the whole journey over HTTP, one line a step.

mod journey;
mod merchant;
mod trail;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::Failure;
use super::cli::DemoArgs;
use crate::audit_path::LogWriter;
use crate::data_dir::DataDir;
use crate::host::{Engine, Host, Settings};
use journey::Journey;

/// Runs the journey against a host of its own, on a free port.
pub(super) async fn demo(arguments: DemoArgs) -> Result<(), Failure> {
    let (cache, policy) = (arguments.state.cache()?, arguments.state.policy()?);
    let (data_dir, engine) = match &arguments.data_dir {
        Some(path) => (DataDir::open(path)?, Engine::File),
        None => (DataDir::temporary()?, Engine::Memory),
    };
    let host = Host::start(
        data_dir,
        Settings { engine, cache, policy, parameters: arguments.kdf, log_writer: LogWriter::ThisHost },
    )
    .await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let journey = Journey::new(&format!("http://{}", listener.local_addr()?), &host)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(host.serve(listener, async {
        let _stopped_or_dropped = stopped.await;
    }));
    let outcome = journey.run().await;
    drop(stop);
    server.await?;
    outcome
}
