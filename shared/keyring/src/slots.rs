//! Aged values by their name.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::KeyringError;
use crate::aged::Aged;

/// One aged value for each name.
#[derive(Debug)]
pub(crate) struct Slots<K, T>(Mutex<HashMap<K, Arc<Aged<T>>>>);

impl<K: Eq + Hash + Copy, T: Clone> Slots<K, T> {
    /// The value of this name at `now`, fetched if need be.
    pub(crate) async fn get<F>(&self, name: K, now: Timestamp, fetch: impl FnOnce() -> F) -> Result<T, KeyringError>
    where
        F: Future<Output = Result<T, KeyringError>>,
    {
        let got = self.slot(name).get(now, fetch).await;
        if matches!(got, Err(KeyringError::Missing(_))) {
            // Anybody can name a tenant in a made-up capability: what does not exist takes no place.
            self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
        }
        got
    }

    fn slot(&self, name: K) -> Arc<Aged<T>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT && !kept.contains_key(&name) {
            kept.clear();
        }
        Arc::clone(kept.entry(name).or_insert_with(|| Arc::new(Aged::empty())))
    }
}

impl<K, T> Default for Slots<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// Names per process whose values are kept, a few hundred bytes each; beyond that the cache starts anew.
const MAX_KEPT: usize = 10_000;
