//! A relay between hosts and a server, whose connections freeze.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Relays connections to a port until it is dropped.
pub(crate) struct Relay {
    pub(crate) port: u16,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    made: AtomicUsize,
    /// Connections with a lower number pass nothing on.
    frozen_below: AtomicUsize,
}

impl Relay {
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Self { port: listener.local_addr().unwrap().port(), counts: Arc::default() };
        let counts = Arc::clone(&relay.counts);
        // Ends with the test's process.
        thread::spawn(move || {
            for client in listener.incoming() {
                let number = counts.made.fetch_add(1, Ordering::SeqCst);
                let (client, server) = (client.unwrap(), TcpStream::connect(("127.0.0.1", port)).unwrap());
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let ends = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let counts = Arc::clone(&counts);
                    thread::spawn(move || pass_on(ends, number, &counts));
                }
            }
        });
        relay
    }

    /// How many connections were made so far.
    pub(crate) fn made(&self) -> usize {
        self.counts.made.load(Ordering::SeqCst)
    }

    /// What is sent on the connections that there are gets lost from now on; new ones work.
    pub(crate) fn freeze_connections(&self) {
        self.counts.frozen_below.store(self.made(), Ordering::SeqCst);
    }
}

fn pass_on((mut from, mut to): (TcpStream, TcpStream), number: usize, counts: &Counts) {
    let mut bytes = [0; 4_096];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        let is_frozen = number < counts.frozen_below.load(Ordering::SeqCst);
        if !is_frozen && to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    // The other end may be gone already.
    let _gone = to.shutdown(Shutdown::Both);
}
