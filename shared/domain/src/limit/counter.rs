//! The state machine of one counter.

use std::time::Duration;

use jiff::Timestamp;

use super::{Algorithm, Limit, Penalty, Violations};

/// What is stored of one limit and one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// How much is used.
    pub level: Level,
    /// How often and how lately the limit was exceeded.
    pub violations: Option<Violations>,
    /// The latest draws that were granted in the current window, or from the bucket, newest last, with what each was granted: a
    /// draw that is repeated because its answer was lost is recognised by its id and counts once. At most [`Counter::RECENT`].
    pub recent: Vec<(DrawId, u32)>,
}

/// How much of a limit is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Of a window.
    Windows {
        /// The first instant of the current window.
        start: Timestamp,
        /// Permits granted in it.
        current: u32,
        /// Permits granted in the one before.
        previous: u32,
    },
    /// Of a bucket.
    Bucket {
        /// The instant at which it will be full.
        full_at: Timestamp,
    },
}

/// Names one draw, so that repeating it counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DrawId(pub [u8; 16]);

/// Permits being asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// The limit.
    pub limit: Limit,
    /// How many permits at most; at least one.
    pub permits: u32,
    /// The draw's name.
    pub id: DrawId,
    /// The time.
    pub now: Timestamp,
}

/// What came of a draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    /// Permits to use.
    Granted {
        /// How many: at least one, at most what was asked for.
        permits: u32,
        /// How many the subject has left.
        remaining: u32,
        /// Until when the permits may be used: the end of the window; for a bucket, as long as one likes.
        until: Option<Timestamp>,
    },
    /// None.
    Refused {
        /// After how long one permit is to be had if nobody else draws meanwhile.
        retry_after: Duration,
    },
}

impl Counter {
    /// How many draws a counter remembers.
    pub const RECENT: usize = 4;

    /// Draws from the counter as it is stored, `None` being one that was never used. Gives the outcome, and the state to store in
    /// place of the old one, if it changes.
    #[must_use]
    pub fn draw(stored: Option<&Self>, draw: &Draw) -> (Drawn, Option<Self>) {
        let usage = Usage::at(stored.map(|stored| stored.level), draw);
        let mut recent =
            stored.filter(|stored| usage.is_of(stored.level)).map_or_else(Vec::new, |it| it.recent.clone());
        if let Some((_, permits)) = recent.iter().find(|(id, _)| *id == draw.id) {
            let granted = Drawn::Granted { permits: *permits, remaining: usage.available(), until: usage.until() };
            return (granted, None);
        }
        let violations = stored.and_then(|stored| stored.violations).filter(|known| known.are_remembered(draw.now));
        if let Some(until) = violations.and_then(|known| known.blocked_until).filter(|until| draw.now < *until) {
            return (Drawn::Refused { retry_after: between(draw.now, until) }, None);
        }
        let permits = usage.available().min(draw.permits);
        if permits == 0 {
            return Self::refuse(stored, draw, &usage);
        }
        let level = usage.after(permits);
        recent.push((draw.id, permits));
        let surplus = recent.len().saturating_sub(Self::RECENT);
        recent.drain(..surplus);
        let remaining = usage.available() - permits;
        let granted = Drawn::Granted { permits, remaining, until: usage.until() };
        (granted, Some(Self { level, violations, recent }))
    }

    /// The first instant at which the counter is as good as one that was never used, so that it needs no longer be kept. A bucket
    /// is kept for a period after it is full, since its latest draws may be repeated.
    #[must_use]
    pub fn spent_at(&self, limit: &Limit) -> Timestamp {
        let period = limit.period;
        let level = match (self.level, limit.algorithm) {
            (Level::Windows { start, .. }, Algorithm::SlidingWindow) => start + period + period,
            (Level::Windows { start, .. }, _) => start + period,
            (Level::Bucket { full_at }, _) => full_at + period,
        };
        self.violations.map_or(level, |violations| violations.forgotten_at().max(level))
    }

    fn refuse(stored: Option<&Self>, draw: &Draw, usage: &Usage) -> (Drawn, Option<Self>) {
        let refused = Drawn::Refused { retry_after: usage.retry_after() };
        let (Penalty::Escalating, Some(stored)) = (draw.limit.penalty, stored) else { return (refused, None) };
        let window = draw.limit.window_start(draw.now);
        let wait = usage.retry_after();
        let Some(violations) = Violations::after_one_more(stored.violations, window, draw.now, wait) else {
            return (refused, None);
        };
        let retry_after = violations.blocked_until.map_or(wait, |until| between(draw.now, until));
        let violated = Self { violations: Some(violations), ..stored.clone() };
        (Drawn::Refused { retry_after }, Some(violated))
    }
}

/// The level as it counts at one instant, in milliseconds.
struct Usage {
    limit: Limit,
    now: i64,
    level: UsedLevel,
}

enum UsedLevel {
    Windows {
        start: i64,
        current: i64,
        previous: i64,
    },
    /// The instant at which the bucket is full, at the earliest now.
    Bucket {
        full_at: i64,
    },
}

impl Usage {
    fn at(stored: Option<Level>, draw: &Draw) -> Self {
        let (limit, now) = (draw.limit, draw.now.as_millisecond());
        let level = if limit.algorithm == Algorithm::TokenBucket {
            let full_at = match stored {
                Some(Level::Bucket { full_at }) => full_at.as_millisecond().max(now),
                _ => now,
            };
            UsedLevel::Bucket { full_at }
        } else {
            Self::windows(stored, &limit, draw.now)
        };
        Self { limit, now, level }
    }

    /// A window that begins later than ours is one that another process's clock has entered already: it is ours, too.
    fn windows(stored: Option<Level>, limit: &Limit, now: Timestamp) -> UsedLevel {
        let start = limit.window_start(now).as_millisecond();
        match stored {
            Some(Level::Windows { start: kept, current, previous }) => {
                let kept = kept.as_millisecond();
                let (current, previous) = (i64::from(current), i64::from(previous));
                if kept >= start {
                    UsedLevel::Windows { start: kept, current, previous }
                } else if kept + limit.period_millis() == start {
                    UsedLevel::Windows { start, current: 0, previous: current }
                } else {
                    UsedLevel::Windows { start, current: 0, previous: 0 }
                }
            }
            _ => UsedLevel::Windows { start, current: 0, previous: 0 },
        }
    }

    fn quota(&self) -> i64 {
        i64::from(self.limit.quota.get())
    }

    /// The time in which a bucket gains a token: a whole number of milliseconds, so that nothing is lost to rounding.
    fn interval(&self) -> i64 {
        whole_parts(self.limit.period_millis(), self.quota())
    }

    /// Whether a stored level is of this window or bucket.
    fn is_of(&self, stored: Level) -> bool {
        match (&self.level, stored) {
            (UsedLevel::Windows { start, .. }, Level::Windows { start: kept, .. }) => *start == kept.as_millisecond(),
            (UsedLevel::Bucket { .. }, Level::Bucket { .. }) => true,
            _ => false,
        }
    }

    /// How many permits are to be had.
    fn available(&self) -> u32 {
        let available = match self.level {
            UsedLevel::Windows { start, current, previous } => self.quota() - current - self.overlap(start, previous),
            UsedLevel::Bucket { full_at } => {
                // n permits fit if full_at + n × interval ≤ now + quota × interval.
                self.quota() - whole_parts(full_at - self.now, self.interval())
            }
        };
        u32::try_from(available.max(0)).unwrap_or(u32::MAX)
    }

    /// The part of the previous window's requests that the sliding window still covers, rounded down: rounded up, a client that
    /// stays just below the limit would be refused now and then.
    fn overlap(&self, start: i64, previous: i64) -> i64 {
        if self.limit.algorithm != Algorithm::SlidingWindow {
            return 0;
        }
        let period = self.limit.period_millis();
        let covered = (start + period - self.now).clamp(0, period);
        let part = i128::from(previous) * i128::from(covered) / i128::from(period);
        i64::try_from(part).unwrap_or(i64::MAX)
    }

    fn after(&self, permits: u32) -> Level {
        let permits = i64::from(permits);
        match self.level {
            UsedLevel::Windows { start, current, previous } => {
                Level::Windows { start: instant(start), current: count(current + permits), previous: count(previous) }
            }
            UsedLevel::Bucket { full_at } => {
                Level::Bucket { full_at: instant(full_at.saturating_add(permits.saturating_mul(self.interval()))) }
            }
        }
    }

    fn until(&self) -> Option<Timestamp> {
        match self.level {
            UsedLevel::Windows { start, .. } => Some(instant(start + self.limit.period_millis())),
            UsedLevel::Bucket { .. } => None,
        }
    }

    /// When one permit is to be had if nothing is drawn meanwhile.
    fn retry_after(&self) -> Duration {
        let at = match self.level {
            UsedLevel::Windows { start, current, previous } => self.next_permit(start, current, previous),
            UsedLevel::Bucket { full_at } => full_at - (self.quota() - 1).saturating_mul(self.interval()),
        };
        millis(at - self.now)
    }

    /// In this window once enough of the previous one has passed; else in the next, of which this one is the previous.
    fn next_permit(&self, start: i64, current: i64, previous: i64) -> i64 {
        let period = self.limit.period_millis();
        if self.limit.algorithm != Algorithm::SlidingWindow {
            return start + period;
        }
        let room = self.quota() - 1;
        if current <= room {
            return start + passed(previous, room - current, period);
        }
        start + period + passed(current, room, period)
    }
}

/// How much of a window must have passed until at most `room` of the `used` requests before it are covered.
fn passed(used: i64, room: i64, period: i64) -> i64 {
    if used <= room {
        return 0;
    }
    // used × covered / period, rounded down, is at most room.
    let covered = ((i128::from(room) + 1) * i128::from(period) - 1) / i128::from(used);
    period - i64::try_from(covered).unwrap_or(period).min(period)
}

/// How many parts of this length, the last one perhaps not whole, a length has.
fn whole_parts(length: i64, part: i64) -> i64 {
    length.div_euclid(part) + i64::from(length.rem_euclid(part) > 0)
}

fn instant(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}

fn count(permits: i64) -> u32 {
    u32::try_from(permits).unwrap_or(u32::MAX)
}

fn between(now: Timestamp, until: Timestamp) -> Duration {
    millis(until.as_millisecond() - now.as_millisecond())
}

/// At least a millisecond: a refusal is never to be repeated at once.
fn millis(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis.max(1)).unwrap_or(1))
}
