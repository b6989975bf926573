//! What somebody's account has behind it when a list begins: failures, so that a list comes to every step of the ladder.

use std::time::Duration;

use domain::{Account, AttemptMark, Failures};
use jiff::Timestamp;

/// An account that has answered wrongly before, as the ladder allows it, and is not locked now. Every fourth seed has no failures.
pub(crate) fn account(seed: u64, now: Timestamp) -> Account {
    let failures = match seed % 4 {
        0 => 0,
        1 => 4,
        2 => 7,
        _ => 9,
    };
    let instants = HOURS_AGO[..failures].iter().map(|hours| now - Duration::from_secs(hours * 3_600));
    let reserved = (1..).take(failures).map(|number| AttemptMark([number; 8]));
    Account { failures: Failures::new(instants.collect()).unwrap(), reserved: reserved.collect(), ..Account::default() }
}

/// Past the locks of five and of eight failures.
const HOURS_AGO: [u64; 9] = [10, 10, 10, 10, 10, 9, 9, 9, 1];
