//! Counters of limits as items of the ephemeral table. `domain::Counter` says what they mean.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Counter, DrawId, Level, Violations};
use store::StoreError;

use crate::item::{Item, bytes, instant, number};
use crate::reader::Reader;

/// A counter as it was read.
pub(crate) struct StoredCounter {
    pub(crate) counter: Counter,
    /// How often the item has been written.
    pub(crate) version: u64,
}

/// Reads a counter, and refuses one that no draw leads to: of both kinds of level or none, or with more draws than are
/// remembered.
pub(crate) fn parse(reader: &Reader<'_>) -> Result<StoredCounter, StoreError> {
    let version = reader.number(VERSION)?;
    reader.instant(SPENT)?;
    let state = reader.inside_map(STATE)?;
    let violations =
        state.item.get(VIOLATIONS).map(|value| violations(&state.inside(VIOLATIONS, value)?)).transpose()?;
    Ok(StoredCounter { counter: Counter { level: level(&state)?, violations, recent: recent(&state)? }, version })
}

/// A counter's state as an attribute.
pub(crate) fn state_value(counter: &Counter) -> AttributeValue {
    let mut state = match counter.level {
        Level::Windows { start, current, previous } => Item::from([
            (START.to_owned(), instant(start)),
            (CURRENT.to_owned(), number(current)),
            (PREVIOUS.to_owned(), number(previous)),
        ]),
        Level::Bucket { full_at } => Item::from([(FULL.to_owned(), instant(full_at))]),
    };
    state.extend(counter.violations.map(|violations| (VIOLATIONS.to_owned(), violations_value(&violations))));
    let recent = counter.recent.iter().map(|(id, permits)| {
        AttributeValue::M(Item::from([(DRAW.to_owned(), bytes(id.0)), (PERMITS.to_owned(), number(*permits))]))
    });
    state.insert(RECENT.to_owned(), AttributeValue::L(recent.collect()));
    AttributeValue::M(state)
}

fn level(state: &Reader<'_>) -> Result<Level, StoreError> {
    match state.optional_instant(FULL)? {
        Some(full_at) if !state.item.contains_key(START) => Ok(Level::Bucket { full_at }),
        Some(_) => Err(state.corrupt(FULL)),
        None => Ok(Level::Windows {
            start: state.instant(START)?,
            current: state.number(CURRENT)?,
            previous: state.number(PREVIOUS)?,
        }),
    }
}

fn violations_value(violations: &Violations) -> AttributeValue {
    let mut entry = Item::from([
        (COUNT.to_owned(), number(violations.count.into())),
        (SINCE.to_owned(), instant(violations.since)),
        (WINDOW.to_owned(), instant(violations.window)),
    ]);
    entry.extend(violations.blocked_until.map(|until| (BLOCKED.to_owned(), instant(until))));
    AttributeValue::M(entry)
}

fn violations(reader: &Reader<'_>) -> Result<Violations, StoreError> {
    let count = reader.number(COUNT)?;
    if count == 0 {
        return Err(reader.corrupt(COUNT));
    }
    Ok(Violations {
        count,
        since: reader.instant(SINCE)?,
        window: reader.instant(WINDOW)?,
        blocked_until: reader.optional_instant(BLOCKED)?,
    })
}

fn recent(state: &Reader<'_>) -> Result<Vec<(DrawId, u32)>, StoreError> {
    let draws = state.list(RECENT)?;
    if draws.len() > Counter::RECENT {
        return Err(state.corrupt(RECENT));
    }
    let draw = |value| {
        let draw = state.inside(RECENT, value)?;
        let permits = draw.number(PERMITS)?;
        if permits == 0 { Err(draw.corrupt(PERMITS)) } else { Ok((DrawId(draw.array(DRAW)?), permits)) }
    };
    draws.iter().map(draw).collect()
}

pub(crate) const STATE: &str = "state";
pub(crate) const SPENT: &str = "spent";
pub(crate) const VERSION: &str = "version";
const START: &str = "start";
const CURRENT: &str = "current";
const PREVIOUS: &str = "previous";
const FULL: &str = "full";
const VIOLATIONS: &str = "violations";
const COUNT: &str = "count";
const SINCE: &str = "since";
const WINDOW: &str = "window";
const BLOCKED: &str = "blocked";
const RECENT: &str = "recent";
const DRAW: &str = "draw";
const PERMITS: &str = "permits";

#[cfg(test)]
pub(crate) fn item(key: &domain::CounterKey, counter: &Counter, version: u64, spent: jiff::Timestamp) -> Item {
    crate::item::ItemBuilder::new(&crate::keys::counter(key))
        .with(STATE, state_value(counter))
        .with(SPENT, instant(spent))
        .with(VERSION, AttributeValue::N(version.to_string()))
        .with(crate::item::TTL, crate::item::time_to_live(spent, crate::draw::KEPT_AFTER_SPENT))
        .build()
}
