//! Messages that were delivered too often.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::Message;

/// Where they are kept, one a line, for somebody to look at.
#[derive(Debug)]
pub(crate) struct DeadLetters(PathBuf);

impl DeadLetters {
    /// Those of the queue in this folder.
    pub(crate) fn of(folder: &Path) -> Self {
        Self(folder.join("dead-letters"))
    }

    /// Keeps a message. If that fails, it stays in its segment instead.
    pub(super) fn bury(&self, message: Message) {
        match self.append(&message.body) {
            Ok(()) => {
                tracing::error!(message.id = message.id, "an audit event was refused too often and is a dead letter");
                message.settle();
            }
            Err(error) => {
                tracing::error!(message.id = message.id, error = %error, "a dead letter can't be kept and stays in the queue");
            }
        }
    }

    /// In one write, which others' writes do not divide.
    fn append(&self, body: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(&self.0)?;
        file.write_all(format!("{body}\n").as_bytes())
    }
}
