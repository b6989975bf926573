//! The servers of the cache, and which of them holds a key.
//!
//! - A single server holds all keys. In a cluster each slot has its server, which `CLUSTER SLOTS` tells.
//! - The client's own cluster connection is not used: it gives no way to replace one node's frozen connection, nor a breaker
//!   for each node. What is needed of it is small: every command has one key.
//! - A redirection is followed at once; the map of slots is read anew beside it. So it is after a failure, since a replica may
//!   have taken over.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use config::CacheMode;
use futures_util::future::join_all;
use redis::{Cmd, Value};

use crate::CacheFailure;
use crate::connector::{Address, Connector};
use crate::node::{Answer, Asking, Node, Timing};
use crate::slot::slot_of;

/// All servers that this process speaks to.
#[derive(Debug)]
pub(crate) struct Nodes {
    mode: CacheMode,
    seed: Address,
    connector: Arc<Connector>,
    timing: Timing,
    map: RwLock<Map>,
    is_reading_map: AtomicBool,
}

/// What a command came to: its result, or that the server does not know its script.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    Value(Value),
    NoScript,
}

/// Which server has which slots.
#[derive(Debug, Default)]
struct Map {
    ranges: Vec<Range>,
    nodes: HashMap<Address, Arc<Node>>,
}

/// Consecutive slots of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Range {
    first: u16,
    last: u16,
    address: Address,
}

impl Nodes {
    /// The servers behind this address, connected to as far as they can be.
    pub(crate) async fn start(mode: CacheMode, seed: Address, connector: Connector, timing: Timing) -> Arc<Self> {
        let nodes = Arc::new(Self {
            mode,
            seed,
            connector: Arc::new(connector),
            timing,
            map: RwLock::default(),
            is_reading_map: AtomicBool::new(false),
        });
        let seed = nodes.node(&nodes.seed);
        seed.connect().await;
        if mode == CacheMode::Cluster {
            nodes.read_map().await;
            join_all(nodes.known().iter().map(|node| node.connect())).await;
        }
        nodes
    }

    /// Whether every server answers, as far as is known.
    pub(crate) fn answer(&self) -> bool {
        let map = self.map.read().unwrap_or_else(PoisonError::into_inner);
        map.nodes.values().all(|node| node.answers())
    }

    /// Has a command carried out by the server that holds its key.
    pub(crate) async fn call(self: &Arc<Self>, key: &[u8], command: &Cmd) -> Result<Outcome, CacheFailure> {
        let mut node = self.holder(key);
        let mut asking = Asking::No;
        for _ in 0..=MAX_REDIRECTIONS {
            match node.call(command, asking).await {
                Ok(Answer::Value(value)) => return Ok(Outcome::Value(value)),
                Ok(Answer::NoScript) => return Ok(Outcome::NoScript),
                Ok(Answer::Moved(address)) => {
                    node = self.node(&address.or_host_of(&node.address));
                    asking = Asking::No;
                    self.read_map_soon();
                }
                Ok(Answer::Ask(address)) => {
                    node = self.node(&address.or_host_of(&node.address));
                    asking = Asking::Yes;
                }
                Err(failure) => {
                    if failure != CacheFailure::LeftAlone {
                        self.read_map_soon();
                    }
                    return Err(failure);
                }
            }
        }
        Err(CacheFailure::NotUnderstood)
    }

    fn holder(&self, key: &[u8]) -> Arc<Node> {
        let slot = slot_of(key);
        let address = {
            let map = self.map.read().unwrap_or_else(PoisonError::into_inner);
            let range = map.ranges.iter().find(|range| (range.first..=range.last).contains(&slot));
            range.map_or_else(|| self.seed.clone(), |range| range.address.clone())
        };
        self.node(&address)
    }

    /// The one node of this address.
    fn node(&self, address: &Address) -> Arc<Node> {
        if let Some(node) = self.map.read().unwrap_or_else(PoisonError::into_inner).nodes.get(address) {
            return Arc::clone(node);
        }
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        let node = map
            .nodes
            .entry(address.clone())
            .or_insert_with(|| Arc::new(Node::new(address.clone(), Arc::clone(&self.connector), self.timing)));
        Arc::clone(node)
    }

    fn known(&self) -> Vec<Arc<Node>> {
        self.map.read().unwrap_or_else(PoisonError::into_inner).nodes.values().cloned().collect()
    }

    fn read_map_soon(self: &Arc<Self>) {
        if self.mode == CacheMode::Cluster && !self.is_reading_map.swap(true, Ordering::AcqRel) {
            let nodes = Arc::clone(self);
            tokio::spawn(async move {
                nodes.read_map().await;
                nodes.is_reading_map.store(false, Ordering::Release);
            });
        }
    }

    /// Asks the servers one after another, the address in the settings last, until one tells. Those that have no slots any
    /// longer are let go.
    async fn read_map(&self) {
        let mut command = redis::cmd("CLUSTER");
        command.arg("SLOTS");
        let known = self.known().into_iter().filter(|node| node.answers() && node.address != self.seed);
        for node in known.chain([self.node(&self.seed)]) {
            let Ok(Answer::Value(value)) = node.call(&command, Asking::No).await else { continue };
            let Some(ranges) = parse(&value, &node.address).filter(|ranges| !ranges.is_empty()) else { continue };
            let nodes: Vec<Arc<Node>> = ranges.iter().map(|range| self.node(&range.address)).collect();
            let nodes = nodes.into_iter().map(|node| (node.address.clone(), node)).collect();
            *self.map.write().unwrap_or_else(PoisonError::into_inner) = Map { ranges, nodes };
            return;
        }
    }
}

/// `[[first, last, [host, port, …], replicas…], …]`
fn parse(value: &Value, asked: &Address) -> Option<Vec<Range>> {
    let Value::Array(ranges) = value else { return None };
    ranges
        .iter()
        .map(|range| {
            let Value::Array(parts) = range else { return None };
            let [Value::Int(first), Value::Int(last), Value::Array(primary), ..] = parts.as_slice() else {
                return None;
            };
            let [host, Value::Int(port), ..] = primary.as_slice() else { return None };
            let host = match host {
                Value::BulkString(host) => String::from_utf8(host.clone()).ok().filter(|host| host != "?")?,
                Value::Nil => String::new(),
                _ => return None,
            };
            let address = Address { host, port: u16::try_from(*port).ok()? }.or_host_of(asked);
            Some(Range { first: u16::try_from(*first).ok()?, last: u16::try_from(*last).ok()?, address })
        })
        .collect()
}

/// A key moves once, and may have to be asked for on its way.
const MAX_REDIRECTIONS: u8 = 3;
