//! Counters in memory: the machine itself.

use domain::{Counter, CounterKey, Draw, Drawn};
use store::{DrawPermits, StoreError};

use super::{MemoryStore, stored};

impl DrawPermits for MemoryStore {
    async fn draw_permits(&self, key: &CounterKey, draw: &Draw) -> Result<Drawn, StoreError> {
        let mut content = self.content();
        let draw = Draw { now: stored(draw.now), ..*draw };
        let (drawn, after) = Counter::draw(content.counters.get(key), &draw);
        if let Some(after) = after {
            content.counters.insert(key.clone(), after);
        }
        Ok(drawn)
    }
}
