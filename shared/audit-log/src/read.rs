//! Reading a whole log, for those who check it.

use std::io;

use crate::ObjectName;

/// A log that can be read, wherever it is.
pub trait ReadLog {
    /// Everything that is there, in any order.
    ///
    /// # Errors
    /// The system's, if it can't be listed.
    fn list(&self) -> io::Result<Vec<Listed>>;

    /// An object's bytes, if it is there; only the first `most` if it has more.
    ///
    /// # Errors
    /// The system's, if it can't be read.
    fn read(&self, name: &ObjectName, most: u64) -> io::Result<Option<Vec<u8>>>;
}

/// Something that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// An object of a log, by its name.
    Object {
        /// Its name.
        name: ObjectName,
        /// How long it is.
        bytes: u64,
    },
    /// Something that has no name of an object of a log.
    Foreign(String),
}
