//! Reserving a failure: counted before anything is compared.
//!
//! ```text
//! failures[4]      + 15 min      failures[7]      + 4 h          failures[9]      + 24 h
//!   5th ┼─── locked ──┼ 6th 7th   8th ┼─── locked ──┼ 9th        10th ┼─── locked ──┼ begins anew
//!
//! latest                                    latest + 24 h
//!    ┼────────── one more is appended ────────────┼──── begins anew ───▶ now
//! ```

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Account, AttemptMark, FORGOTTEN_AFTER, Failures, LADDER, Reserving, TenantId, UserId};
use jiff::Timestamp;
use store::{Reservation, ReserveFailure, StoreError};

use crate::account::{FAILURES, LATEST, RESERVED, SESSIONS, failures_value, kept_from, marks_value, parse};
use crate::call::{Update, contended};
use crate::change::Change;
use crate::item::{Item, TTL, before, bytes, count, instant, whole};
use crate::keys;
use crate::{DynamoStore, KnowsCore};

impl<T: KnowsCore> ReserveFailure for DynamoStore<T> {
    /// One conditional `UpdateItem`; a second one where the failures before have been forgotten. An SDK retry after a lost answer
    /// finds its own mark, and the failure is counted once.
    async fn reserve_failure(
        &self,
        tenant: TenantId,
        user: UserId,
        attempt: AttemptMark,
        now: Timestamp,
    ) -> Result<Reservation, StoreError> {
        let operation = "ReserveFailure";
        let table = self.tables.core();
        let wanted = Wanted { tenant, user, attempt, now: whole(now) };
        let mut change = wanted.appended();
        for _ in 0..ROUNDS {
            let found = match self.update(operation, table, change).await? {
                Update::Done(item) => {
                    return Ok(Reservation::Reserved(Box::new(parse(operation, table, tenant, user, &item)?)));
                }
                // Deleted since it was seen.
                Update::Refused(None) => Account::default(),
                Update::Refused(Some(item)) => parse(operation, table, tenant, user, &item)?,
            };
            if found.reserved.contains(&attempt) {
                return Ok(Reservation::Reserved(Box::new(found)));
            }
            change = match (found.failures.reserving(wanted.now), found.failures.instants().last()) {
                (Reserving::Locked(until), _) => return Ok(Reservation::Locked { until }),
                (Reserving::BeginsAnew, Some(latest)) => wanted.begun_anew(*latest),
                _ => wanted.appended(),
            };
        }
        Err(contended(operation))
    }
}

/// The reservation that is asked for.
#[derive(Clone, Copy)]
struct Wanted {
    tenant: TenantId,
    user: UserId,
    attempt: AttemptMark,
    now: Timestamp,
}

impl Wanted {
    /// One failure more, if the account is not locked and its failures are not to be forgotten first.
    fn appended(self) -> Change {
        let change = self
            .change("#failures = list_append(if_not_exists(#failures, :none), :failure)", "ADD #reserved :mark")
            .only_if(format!(
                "NOT contains(#reserved, :attempt) AND ({}) AND (attribute_not_exists(#latest) OR #latest > :remembered)",
                unlocked()
            ))
            .value(":attempt", bytes(self.attempt.0))
            .value(":none", AttributeValue::L(Vec::new()))
            .value(":remembered", instant(before(self.now, FORGOTTEN_AFTER)));
        LADDER.iter().fold(change, |change, (failures, duration)| {
            let change = change.value(&format!(":{failures}"), count(*failures));
            // The last rung's lock ends when its failures are forgotten.
            if *failures == Failures::MOST {
                return change;
            }
            change.value(&format!(":since_{failures}"), instant(before(self.now, *duration)))
        })
    }

    /// The first failure after all before have been forgotten, if the latest of them is still this one.
    fn begun_anew(self, latest: Timestamp) -> Change {
        self.change("#failures = :failure, #reserved = :mark", "")
            .only_if("#latest = :seen")
            .value(":seen", instant(latest))
    }

    fn change(self, sets: &str, more: &str) -> Change {
        let set = format!(
            "SET {sets}, #latest = :now, #sessions = if_not_exists(#sessions, :no_sessions), #ttl = :ttl {more}"
        );
        Change::new(keys::account(self.tenant, self.user), set)
            .name("#failures", FAILURES)
            .name("#latest", LATEST)
            .name("#reserved", RESERVED)
            .name("#sessions", SESSIONS)
            .name("#ttl", TTL)
            .value(":failure", failures_value(&[self.now]))
            .value(":mark", marks_value([self.attempt]))
            .value(":now", instant(self.now))
            .value(":no_sessions", AttributeValue::M(Item::new()))
            .value(":ttl", kept_from(self.now))
    }
}

/// The condition that no rung of the ladder locks: fewer failures than the first one's, or fewer than the next one's and the
/// lock of this one over. At the last one failures are not appended any more.
fn unlocked() -> String {
    let first = LADDER.first().map(|(failures, _)| format!("size(#failures) < :{failures}"));
    let later = LADDER.iter().zip(LADDER.iter().skip(1)).map(|((failures, _), (next, _))| {
        format!("(size(#failures) < :{next} AND #failures[{}] <= :since_{failures})", failures - 1)
    });
    let clauses: Vec<String> =
        ["attribute_not_exists(#failures)".to_owned()].into_iter().chain(first).chain(later).collect();
    clauses.join(" OR ")
}

/// One for the reservation, one to begin anew, and as many for others that come between.
const ROUNDS: u32 = 4;
