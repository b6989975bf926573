//! Making one connection: TCP, TLS with rustls, and a login that is signed anew for each.

use std::sync::Arc;

use domain::Clock;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ErrorKind, IntoConnectionInfo, RedisConnectionInfo, RedisError,
};

use crate::CacheFailure;
use crate::token::TokenSigner;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Address {
    /// Reads `HOST:PORT`, as redirections have it. Without a host, it is the one that was asked.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        Some(Self { host: host.to_owned(), port: port.parse().ok()? })
    }

    /// The address, with the host of `asked` if it has none of its own.
    pub(crate) fn or_host_of(self, asked: &Self) -> Self {
        if self.host.is_empty() { Self { host: asked.host.clone(), ..self } } else { self }
    }
}

/// What all connections of a process have in common.
#[derive(Debug)]
pub(crate) struct Connector {
    pub(crate) transport: Transport,
    pub(crate) login: Option<TokenSigner>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// How bytes travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// In the clear, on a loopback address.
    Plain,
    /// In TLS, with the machine's own roots.
    Tls,
}

impl Connector {
    /// Connects and logs in. The caller bounds the time.
    pub(crate) async fn connect(&self, address: &Address) -> Result<MultiplexedConnection, CacheFailure> {
        let (host, port) = (address.host.clone(), address.port);
        let place = match self.transport {
            Transport::Plain => ConnectionAddr::Tcp(host, port),
            Transport::Tls => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
        };
        let mut settings = RedisConnectionInfo::default().set_skip_set_lib_name();
        if let Some(login) = &self.login {
            let token = login.token(self.clock.now()).await?;
            settings = settings.set_username(login.user()).set_password(token);
        }
        let place = place.into_connection_info().map_err(|error| not_connected(&error))?;
        let place = place.set_redis_settings(settings).set_tcp_settings(TcpSettings::default().set_nodelay(true));
        let client = Client::open(place).map_err(|error| not_connected(&error))?;
        // Deadlines are the callers', so that waiting for a connection and for an answer is one wait.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let connecting = client.get_multiplexed_async_connection_with_config(&config);
        Box::pin(connecting).await.map_err(|error| not_connected(&error))
    }
}

fn not_connected(error: &RedisError) -> CacheFailure {
    CacheFailure::NotConnected(match error.kind() {
        ErrorKind::AuthenticationFailed => "login refused",
        ErrorKind::InvalidClientConfig => "impossible settings",
        _ if error.is_connection_refusal() => "refused",
        _ if error.code().is_some() => "login answered with an error",
        _ => "no connection",
    })
}
