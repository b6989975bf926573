//! `countersign serve`.

use tokio::net::TcpListener;

use super::cli::ServeArgs;
use super::stop::stop_signal;
use super::{Failure, welcome};
use crate::audit_path::LogWriter;
use crate::data_dir::DataDir;
use crate::host::{Engine, Host, Settings};

/// Serves until Ctrl-C or SIGTERM.
pub(super) async fn serve(arguments: ServeArgs) -> Result<(), Failure> {
    let stop = stop_signal()?;
    let (cache, policy) = (arguments.state.cache()?, arguments.state.policy()?);
    // Before anything is made: the most common mistake is a second host.
    let listener = TcpListener::bind(("127.0.0.1", arguments.port))
        .await
        .map_err(|source| PortError { port: arguments.port, source })?;
    let data_dir = if arguments.ephemeral { DataDir::temporary()? } else { DataDir::open(&arguments.data_dir)? };
    let engine = match arguments.dynamodb_url {
        Some(endpoint) => Engine::Endpoint(endpoint),
        None if arguments.ephemeral => Engine::Memory,
        None => Engine::File,
    };
    let log_writer = if arguments.leave_audit_queue { LogWriter::AnotherHost } else { LogWriter::ThisHost };
    let settings = Settings { engine, cache, policy, parameters: arguments.kdf, log_writer };
    let host = Host::start(data_dir, settings).await?;
    welcome::print(&host, listener.local_addr()?)?;
    host.serve(listener, stop).await;
    Ok(())
}

/// The port can't be had.
#[derive(Debug, thiserror::Error)]
#[error("port {port} on 127.0.0.1 can't be had (--port takes another one, 0 any)")]
struct PortError {
    port: u16,
    source: std::io::Error,
}
