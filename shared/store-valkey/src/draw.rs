//! Counters of limits: one script, which decides as `domain::Counter::draw` does.

use std::time::Duration;

use domain::{Algorithm, CounterKey, Draw, Drawn, Penalty};
use jiff::Timestamp;
use redis::Value;
use store::{DrawPermits, StoreError, StoreErrorKind};

use crate::ValkeyStore;
use crate::client::decimal;
use crate::keys;
use crate::script::{Script, not_understood};

impl DrawPermits for ValkeyStore {
    async fn draw_permits(&self, key: &CounterKey, draw: &Draw) -> Result<Drawn, StoreError> {
        let operation = "DrawPermits";
        let period = draw.limit.period_millis();
        if period > LONGEST_PERIOD {
            let reason = "the period of a limit in the cache is at most 49 days";
            return Err(StoreError::new(StoreErrorKind::Unavailable, operation, reason));
        }
        let algorithm = match draw.limit.algorithm {
            Algorithm::FixedWindow => 1,
            Algorithm::SlidingWindow => 2,
            Algorithm::TokenBucket => 3,
        };
        let arguments: [&[u8]; 8] = [
            &self.time(draw.now),
            &decimal(&algorithm),
            &decimal(&draw.limit.quota),
            &decimal(&period),
            &decimal(&u8::from(draw.limit.penalty == Penalty::Escalating)),
            &decimal(&draw.permits),
            &draw.id.0,
            &decimal(&self.kept_beyond_use().as_millis()),
        ];

        let values = self.run(operation, &DRAW, &keys::counter(key), &arguments).await?;
        drawn(&values).ok_or_else(|| not_understood(operation))
    }
}

fn drawn(values: &[Value]) -> Option<Drawn> {
    match values {
        [Value::Int(0), Value::Int(wait)] => {
            Some(Drawn::Refused { retry_after: Duration::from_millis(u64::try_from(*wait).ok()?) })
        }
        [Value::Int(1), Value::Int(permits), Value::Int(remaining), Value::Int(ends)] => Some(Drawn::Granted {
            permits: u32::try_from(*permits).ok()?,
            remaining: u32::try_from(*remaining).ok()?,
            until: if *ends < 0 { None } else { Some(Timestamp::from_millisecond(*ends).ok()?) },
        }),
        _ => None,
    }
}

static DRAW: Script = Script::new(concat!(include_str!("scripts/time.lua"), include_str!("scripts/draw.lua")));

/// 2³² − 1 milliseconds: the script's numbers are doubles, and this keeps every product exact.
const LONGEST_PERIOD: i64 = 0xFFFF_FFFF;
