//! The DynamoDB that all hosts share, and the keys that they share too.

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::sync::Mutex;
use std::time::Duration;

use dynoxide::Database;
use dynoxide::actions::scan::ScanRequest;
use dynoxide::types::{AttributeValue, Item};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// An embedded engine in memory, served by threads of this process, and a data directory. Both end when it is dropped.
pub(crate) struct Engine {
    pub(crate) data_dir: TempDir,
    address: SocketAddr,
    database: Database,
    serving: Mutex<Serving>,
}

/// What listens at the engine's address.
enum Serving {
    Threads(Runtime),
    /// Connections are made and nothing is answered on them.
    Nobody {
        _listener: TcpListener,
    },
    Nothing,
}

impl Engine {
    pub(crate) fn start() -> Self {
        let database = Database::memory().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let serving = Mutex::new(serve(listener, &database));
        Self { data_dir: tempfile::tempdir().unwrap(), address, database, serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on, connections are refused.
    pub(crate) fn stop(&self) {
        if let Serving::Threads(threads) = std::mem::replace(&mut *self.serving.lock().unwrap(), Serving::Nothing) {
            threads.shutdown_timeout(Duration::from_secs(10));
        }
    }

    /// From now on, connections are taken and never served.
    pub(crate) fn freeze(&self) {
        self.stop();
        *self.serving.lock().unwrap() = Serving::Nobody { _listener: TcpListener::bind(self.address).unwrap() };
    }

    /// Serves again, with everything that was stored.
    pub(crate) fn resume(&self) {
        *self.serving.lock().unwrap() = Serving::Nothing;
        *self.serving.lock().unwrap() = serve(TcpListener::bind(self.address).unwrap(), &self.database);
    }

    /// The one tenant, as its API key's item names it.
    pub(crate) fn tenant(&self) -> String {
        let items = self.items("countersign-core");
        items.iter().find_map(|item| text(item, "tenant")).expect("a host has made the tenant")
    }

    /// How many events of this outcome were recorded, whether or not they are in the log by now.
    pub(crate) fn events(&self, outcome: &str) -> usize {
        let start = format!("\"outcome\":{{\"{outcome}\":");
        self.recorded().values().filter(|payload| payload.contains(&start)).count()
    }

    /// Every event that was recorded, by its id: in the outbox, the queue's files or the index. An event moves in this order.
    pub(crate) fn recorded(&self) -> BTreeMap<String, String> {
        let mut events = payloads(&self.items("countersign-core"));
        let queue = fs::read_dir(self.data_dir.path().join("audit-queue")).unwrap();
        for segment in queue.map(|entry| entry.unwrap().path()) {
            // One that is gone by now is indexed.
            let lines = fs::read_to_string(segment).unwrap_or_default();
            events.extend(lines.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(by_id));
        }
        events.extend(self.indexed());
        events
    }

    /// Every event that the index has.
    pub(crate) fn indexed(&self) -> BTreeMap<String, String> {
        payloads(&self.items("countersign-audit"))
    }

    /// Whether an ephemeral item's key ends like this.
    pub(crate) fn has_key(&self, end: &str) -> bool {
        self.items("countersign-ephemeral").iter().any(|item| text(item, "pk").is_some_and(|pk| pk.ends_with(end)))
    }

    fn items(&self, table: &str) -> Vec<Item> {
        let mut items = Vec::new();
        let mut exclusive_start_key = None;
        loop {
            let request = ScanRequest { table_name: table.to_owned(), exclusive_start_key, ..ScanRequest::default() };
            let page = self.database.scan(request).unwrap();
            items.extend(page.items.unwrap_or_default());
            exclusive_start_key = page.last_evaluated_key;
            if exclusive_start_key.is_none() {
                return items;
            }
        }
    }
}

fn serve(listener: TcpListener, database: &Database) -> Serving {
    listener.set_nonblocking(true).unwrap();
    let threads = Runtime::new().unwrap();
    let database = database.clone();
    threads.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        dynoxide::server::serve_on(listener, database).await;
    });
    Serving::Threads(threads)
}

/// The events that these items hold, an event that several of them hold once.
fn payloads(items: &[Item]) -> BTreeMap<String, String> {
    let payloads = items.iter().filter_map(|item| match item.get("payload") {
        Some(AttributeValue::B(bytes)) => Some(by_id(&String::from_utf8_lossy(bytes))),
        _ => None,
    });
    payloads.collect()
}

fn by_id(payload: &str) -> (String, String) {
    let event: Value = serde_json::from_str(payload).unwrap();
    (event["id"].as_str().unwrap().to_owned(), payload.to_owned())
}

fn text(item: &Item, attribute: &str) -> Option<String> {
    match item.get(attribute) {
        Some(AttributeValue::S(text)) => Some(text.clone()),
        _ => None,
    }
}
