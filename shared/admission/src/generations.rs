//! A map that holds the most lately used entries, and no more than so many.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;

/// Entries in two generations. What is used is young; when half the capacity is young, the old ones are dropped and the young
/// are the old from then on. So a flood of new keys pushes out what nobody uses, in constant time and space.
#[derive(Debug)]
pub(crate) struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    capacity: usize,
}

impl<K: Hash + Eq, V: Clone> Generations<K, V> {
    pub(crate) fn of_at_most(capacity: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), capacity }
    }

    pub(crate) fn get(&mut self, key: &K) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = self.old.remove_entry(key)?;
        self.insert(key, value.clone());
        Some(value)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.capacity / 2 {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_holds_more_than_its_capacity() {
        let mut map = Generations::of_at_most(10);
        let mut most = 0;
        for key in 0..1_000 {
            map.insert(key, key);
            most = most.max(map.len());
        }

        assert_eq!(most, 10);
    }

    #[test]
    fn what_is_used_stays_and_what_is_not_goes() {
        let mut map = Generations::of_at_most(10);
        map.insert(-1, "used");
        map.insert(-2, "unused");
        for key in 0..1_000 {
            map.insert(key, "new");
            map.get(&-1);
        }

        assert_eq!((map.get(&-1), map.get(&-2)), (Some("used"), None));
    }
}
