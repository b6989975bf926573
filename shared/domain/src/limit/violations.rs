//! What a counter remembers of having been exceeded.

use std::time::Duration;

use jiff::Timestamp;

/// Violations of one limit by one subject within 24 hours, and the time-out that they earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Violations {
    /// How many, at least one.
    pub count: u8,
    /// When the first of them was; 24 hours later all are forgotten.
    pub since: Timestamp,
    /// The window of the latest: a second refusal in it is no second violation.
    pub window: Timestamp,
    /// Until when everything is refused, if so.
    pub blocked_until: Option<Timestamp>,
}

impl Violations {
    /// The violations after one more in the window that began at `window`, when a permit is to be had after `wait`; `None` if
    /// it was counted before, or if a later window's was: clocks need not agree at a window's end.
    #[must_use]
    pub fn after_one_more(before: Option<Self>, window: Timestamp, now: Timestamp, wait: Duration) -> Option<Self> {
        match before.filter(|before| before.are_remembered(now)) {
            Some(before) if window <= before.window => None,
            Some(before) => {
                let count = before.count.saturating_add(1);
                let blocked_until = time_out(count).map(|time_out| now + time_out.max(wait));
                Some(Self { count, window, blocked_until, ..before })
            }
            None => Some(Self { count: 1, since: now, window, blocked_until: None }),
        }
    }

    /// Whether they still count at `now`: for 24 hours, and as long as a time-out lasts.
    #[must_use]
    pub fn are_remembered(&self, now: Timestamp) -> bool {
        now < self.forgotten_at()
    }

    /// The first instant at which they no longer count.
    #[must_use]
    pub fn forgotten_at(&self) -> Timestamp {
        let day_after = self.since + MEMORY;
        self.blocked_until.map_or(day_after, |until| until.max(day_after))
    }
}

/// What the `count`th violation within 24 hours costs.
const fn time_out(count: u8) -> Option<Duration> {
    match count {
        0..=2 => None,
        3 => Some(Duration::from_secs(30 * 60)),
        4 => Some(Duration::from_secs(2 * 60 * 60)),
        _ => Some(Duration::from_secs(24 * 60 * 60)),
    }
}

/// For how long the first violation and those after it are held together.
const MEMORY: Duration = Duration::from_secs(24 * 60 * 60);
