//! A log in memory, which tests can look into and damage.

use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{KeepObjects, Listed, ObjectError, ObjectName, ReadLog};

/// The objects by name. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryObjects(Arc<Mutex<BTreeMap<ObjectName, Vec<u8>>>>);

impl MemoryObjects {
    /// The objects, to look at or to damage.
    pub fn objects(&self) -> MutexGuard<'_, BTreeMap<ObjectName, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), ObjectError> {
        let mut objects = self.objects();
        let kept = objects.entry(*name).or_insert_with(|| bytes.to_vec());
        if kept == bytes { Ok(()) } else { Err(ObjectError::Different(*name)) }
    }
}

impl KeepObjects for MemoryObjects {
    fn put_object(&self, name: &ObjectName, bytes: &[u8]) -> impl Future<Output = Result<(), ObjectError>> + Send {
        ready(self.put(name, bytes))
    }

    fn read_object(&self, name: &ObjectName) -> impl Future<Output = Result<Option<Vec<u8>>, ObjectError>> + Send {
        ready(Ok(self.objects().get(name).cloned()))
    }
}

impl ReadLog for MemoryObjects {
    fn list(&self) -> io::Result<Vec<Listed>> {
        let objects = self.objects();
        let listed = objects.iter().map(|(name, bytes)| Listed::Object { name: *name, bytes: bytes.len() as u64 });
        Ok(listed.collect())
    }

    fn read(&self, name: &ObjectName, most: u64) -> io::Result<Option<Vec<u8>>> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Ok(self.objects().get(name).map(|bytes| bytes.iter().take(most).copied().collect()))
    }
}
