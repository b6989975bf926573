//! Drawing permits: the whole state of a counter is replaced if it is still what the decision was made from.
//!
//! ```text
//! first draw                  spent_at
//!     ┼─── decided from what is stored ───┼─── as good as none (spent ≤ now) ───▶ now
//! ```

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Counter, CounterKey, Draw, Drawn};
use store::{DrawPermits, StoreError};

use crate::call::{Update, contended};
use crate::change::Change;
use crate::counter::{SPENT, STATE, StoredCounter, VERSION, parse, state_value};
use crate::item::{TTL, instant, number, time_to_live, whole};
use crate::keys::{self, PK};
use crate::reader::Reader;
use crate::{DynamoStore, KnowsEphemeral};

impl<T: KnowsEphemeral> DrawPermits for DynamoStore<T> {
    /// Conditional `UpdateItem`s: one if nothing is stored that still counts, or if the draw is refused; two if something does;
    /// one more for everybody who draws in between. An SDK retry after a lost answer finds its own draw among the recent.
    ///
    /// The first one is a guess that nothing counts: it costs what a read would have cost if it is wrong, and nothing if it
    /// isn't. A counter never goes back to an earlier version while it is stored, so what was decided from one version is
    /// only ever stored over that one.
    async fn draw_permits(&self, key: &CounterKey, draw: &Draw) -> Result<Drawn, StoreError> {
        let operation = "DrawPermits";
        let table = self.tables.ephemeral();
        let at = keys::counter(key);
        let draw = Draw { now: whole(draw.now), ..*draw };
        let mut seen: Option<StoredCounter> = None;
        for _ in 0..ROUNDS {
            let (drawn, after) = Counter::draw(seen.as_ref().map(|seen| &seen.counter), &draw);
            let Some(after) = after else { return Ok(drawn) };
            let change = replacing(key, seen.as_ref(), &after, &draw);
            seen = match self.update(operation, table, change).await? {
                Update::Done(_) => return Ok(drawn),
                Update::Refused(None) => None,
                Update::Refused(Some(item)) => Some(parse(&Reader { operation, table, key: &at, item: &item })?),
            };
        }
        Err(contended(operation))
    }
}

/// Stores `after` if the counter is still what was `seen`; if nothing was, if nothing is there or what is there is spent.
fn replacing(key: &CounterKey, seen: Option<&StoredCounter>, after: &Counter, draw: &Draw) -> Change {
    let spent_at = after.spent_at(&draw.limit);
    let change = Change::new(keys::counter(key), "SET #state = :state, #spent = :spent, #ttl = :ttl ADD #version :one")
        .name("#state", STATE)
        .name("#spent", SPENT)
        .name("#ttl", TTL)
        .name("#version", VERSION)
        .value(":state", state_value(after))
        .value(":spent", instant(spent_at))
        .value(":ttl", time_to_live(spent_at, KEPT_AFTER_SPENT))
        .value(":one", number(1));
    match seen {
        None => change
            .only_if("attribute_not_exists(#pk) OR #spent <= :now")
            .name("#pk", PK)
            .value(":now", instant(draw.now)),
        Some(seen) => change.only_if("#version = :seen").value(":seen", AttributeValue::N(seen.version.to_string())),
    }
}

/// How long a spent counter is kept at least: longer than any call takes, so that none that saw it writes over its successor.
pub(crate) const KEPT_AFTER_SPENT: Duration = Duration::from_secs(900);

/// How often a draw is tried while others draw from the same counter. Each time somebody gets on, so that this many who begin
/// together all do.
const ROUNDS: u32 = 64;
