//! The port to where the log's objects are kept.

use std::error::Error;
use std::future::Future;

use crate::ObjectName;

/// Keeps the log's objects: once put, they are never replaced.
pub trait KeepObjects: Send + Sync {
    /// Puts an object, all of it or nothing. Putting the same bytes under the same name again is fine.
    ///
    /// # Errors
    /// [`ObjectError::Different`] if the name has other bytes; [`ObjectError::Unavailable`] if whether it is kept is unknown.
    fn put_object(&self, name: &ObjectName, bytes: &[u8]) -> impl Future<Output = Result<(), ObjectError>> + Send;

    /// The object's bytes, if it is there.
    ///
    /// # Errors
    /// [`ObjectError::Unavailable`].
    fn read_object(&self, name: &ObjectName) -> impl Future<Output = Result<Option<Vec<u8>>, ObjectError>> + Send;
}

/// Why an object was not put or read.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The name is taken by other bytes, and stays so.
    #[error("{0} is kept with other bytes")]
    Different(ObjectName),
    /// The store does not answer, or does not let us.
    #[error("the store of the log's objects is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl ObjectError {
    /// [`ObjectError::Unavailable`] because of `source`.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(source.into())
    }
}
