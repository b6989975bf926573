//! What holds of every history of runs, however irregular: of the plan alone, applied to records that hold no keys.

use std::time::Duration;

use domain::{BranchKeyVersion, KeyId, TenantId};
use jiff::Timestamp;
use proptest::prelude::*;
use rotate_keys::{
    BRANCH_KEY_AGE, KEPT_AFTER, Leak, PUBLISHED_AFTER, PUBLISHED_BEFORE, SIGNING_KEY_AGE, SigningStep, plan_branch,
    plan_leak, plan_signing,
};
use store::{RegisteredBranchKey, SigningKeyRecord};

/// What is stored, with everything that ever was.
struct History {
    stored: Vec<SigningKeyRecord>,
    all: Vec<SigningKeyRecord>,
    made: u32,
}

impl History {
    fn new() -> Self {
        let first = record(0, (at(0), at(0)));
        Self { stored: vec![first.clone()], all: vec![first], made: 1 }
    }

    /// A run that dies after so many steps.
    fn run(&mut self, now: Timestamp, steps: usize) {
        for step in plan_signing(&self.stored, now).into_iter().take(steps) {
            self.apply(&step, now);
        }
    }

    fn apply(&mut self, step: &SigningStep, now: Timestamp) {
        match step {
            SigningStep::Succeed { key, signs_from, retires_at, .. } => {
                self.retire(key, *retires_at);
                self.make((now, *signs_from));
            }
            SigningStep::Retire { key, retires_at } => self.retire(key, *retires_at),
            SigningStep::Remove { key } => self.stored.retain(|record| record.id != *key),
        }
    }

    fn leak(&mut self, leaked: &KeyId, now: Timestamp) {
        let plan = plan_leak(&self.stored, leaked, now);
        if matches!(plan, Leak::Retire { .. } | Leak::Replace { .. }) {
            self.retire(leaked, now);
        }
        if matches!(plan, Leak::Replace { .. }) {
            self.make((now, now));
        }
    }

    fn retire(&mut self, key: &KeyId, retires_at: Timestamp) {
        for record in self.stored.iter_mut().chain(&mut self.all).filter(|record| record.id == *key) {
            record.retires_at = Some(retires_at);
        }
    }

    fn make(&mut self, times: (Timestamp, Timestamp)) {
        let record = record(self.made, times);
        self.made += 1;
        self.stored.push(record.clone());
        self.all.push(record);
    }

    /// The key that signs, as a process finds it.
    fn signer(&self, now: Timestamp) -> Option<&SigningKeyRecord> {
        let signing = self
            .stored
            .iter()
            .filter(|record| record.signs_from <= now && record.retires_at.is_none_or(|retires_at| now < retires_at));
        signing.max_by_key(|record| (record.signs_from, record.created_at, &record.id))
    }
}

proptest! {
    /// Runs come late, twice, and die after any step.
    #[test]
    fn t5_every_key_is_published_a_day_before_it_signs_and_two_hours_after(
        runs in proptest::collection::vec((1_u64..40 * 24, 0_usize..4, 0_usize..4), 1..150),
    ) {
        let (mut history, mut now) = (History::new(), at(0));
        for (hours, steps, again) in runs {
            now += Duration::from_secs(hours * 3_600);
            let signer = history.signer(now).map(|record| record.id.clone());
            prop_assert!(signer.is_some(), "somebody signs at {}", now);
            history.run(now, steps);
            history.run(now, again);
            prop_assert_eq!(history.signer(now).map(|record| record.id.clone()), signer, "no run changes who signs now");
            prop_assert!(history.stored.len() <= 4, "{:?}", history.stored);
        }
        check_overlaps(&history.all[1..])?;
    }

    /// Whatever leaks, and whenever: somebody signs, and what leaked is not published any longer.
    #[test]
    fn t5_after_a_leak_somebody_signs_and_it_is_another(
        events in proptest::collection::vec((1_u64..60 * 24, any::<proptest::sample::Index>(), any::<bool>()), 1..80),
    ) {
        let (mut history, mut now) = (History::new(), at(0));
        for (hours, which, leaks) in events {
            now += Duration::from_secs(hours * 3_600);
            history.run(now, usize::MAX);
            if leaks {
                let leaked = history.stored[which.index(history.stored.len())].id.clone();
                history.leak(&leaked, now);
                let known = history.stored.iter().find(|record| record.id == leaked).unwrap();
                prop_assert!(known.retires_at.is_some_and(|retires_at| retires_at <= now));
                history.leak(&leaked, now);
            }
            prop_assert!(history.signer(now).is_some(), "somebody signs at {}: {:?}", now, history.stored);
            prop_assert!(history.stored.iter().any(|record| record.retires_at.is_none()));
        }
    }

    /// However it came to it that no key stays, and wherever the run dies: the next one mends it, and somebody signs for ever after.
    #[test]
    fn t5_if_no_key_stays_one_is_made_before_nobody_signs(
        keys in proptest::collection::vec((-100_i64..100, -100_i64..100), 1..5),
        steps in 0_usize..5,
    ) {
        let hour = |number: i64| at(0) + jiff::SignedDuration::from_hours(number);
        let stored = (0..).zip(&keys).map(|(number, (signs_from, retires_at))| SigningKeyRecord {
            retires_at: Some(hour(*retires_at)),
            ..record(number, (hour(*signs_from), hour(*signs_from)))
        });
        let stored: Vec<_> = stored.collect();
        let mut history = History { all: stored.clone(), stored, made: 9 };
        let signed = history.signer(hour(0)).map(|record| record.id.clone());

        history.run(hour(0), steps);
        history.run(hour(0), usize::MAX);

        prop_assert_eq!(history.made, 10, "one is made: {:?}", history.stored);
        let now = history.signer(hour(0)).map(|record| record.id.clone());
        prop_assert!(now.is_some() && (signed.is_none() || now == signed || ends_soon(&history, signed.as_ref())));
        for later in 1..300 {
            history.run(hour(later), usize::MAX);
            prop_assert!(history.signer(hour(later)).is_some(), "somebody signs at {}: {:?}", later, history.stored);
        }
        prop_assert_eq!((history.made, history.stored.len()), (10, 1));
    }
}

/// Whether this key ends so soon that its last tokens would outlive it.
fn ends_soon(history: &History, key: Option<&KeyId>) -> bool {
    let key = history.all.iter().find(|record| Some(&record.id) == key);
    key.and_then(|key| key.retires_at).is_some_and(|retires_at| retires_at <= at(0) + PUBLISHED_AFTER)
}

/// Of each key and the one that signs after it.
fn check_overlaps(made: &[SigningKeyRecord]) -> Result<(), TestCaseError> {
    for new in made {
        prop_assert!(new.created_at + PUBLISHED_BEFORE <= new.signs_from);
    }
    for (old, new) in made.iter().zip(made.iter().skip(1)) {
        prop_assert!(old.retires_at.is_some_and(|retires_at| new.signs_from + PUBLISHED_AFTER <= retires_at));
        prop_assert!(old.signs_from < new.signs_from);
    }
    Ok(())
}

#[test]
fn t5_every_hour_of_two_years_has_its_plan() {
    let (mut history, mut changes) = (History::new(), Vec::new());
    for hour in 0..2 * 365 * 24 {
        let now = at(hour * 3_600);
        let steps = plan_signing(&history.stored, now);
        history.run(now, usize::MAX);
        assert_eq!(plan_signing(&history.stored, now), [], "a second run finds nothing to do");
        changes.extend(steps.into_iter().map(|step| (hour, step)));
    }

    let succeeded = changes.iter().filter(|(_, step)| matches!(step, SigningStep::Succeed { .. }));
    let hours: Vec<i64> = succeeded.map(|(hour, _)| *hour).collect();
    let age = i64::try_from(SIGNING_KEY_AGE.as_secs() / 3_600).unwrap();
    let expected: Vec<i64> = (1..=8).map(|number| number * age - 24).collect();
    assert_eq!(hours, expected);
    let removed = changes.iter().filter(|(_, step)| matches!(step, SigningStep::Remove { .. })).count();
    assert_eq!((changes.len(), removed), (16, 8));
}

#[test]
fn t5_if_no_key_stays_the_new_one_is_published_as_long_as_the_others_sign() {
    for (end, signs_from) in [
        (-PUBLISHED_AFTER.as_secs().cast_signed(), 0),
        (1, 0),
        (7_200, 0),
        (7_201, 1),
        (93_600, 86_400),
        (200_000, 86_400),
    ] {
        let only = SigningKeyRecord { retires_at: Some(at(end)), ..record(1, (at(-200_000), at(-200_000))) };

        let steps = plan_signing(std::slice::from_ref(&only), at(0));

        let (known, retires_at) = (Some(at(end)), at(end - 1));
        assert_eq!(steps, [SigningStep::Succeed { key: only.id, known, signs_from: at(signs_from), retires_at }]);
    }
}

#[test]
fn what_is_left_over_from_an_emergency_retires() {
    let (next, spare) = (record(1, (at(0), at(3_600))), record(2, (at(0), at(0))));

    let steps = plan_signing(&[spare.clone(), next.clone()], at(60));

    let retires_at = next.signs_from + PUBLISHED_AFTER;
    assert_eq!(steps, [SigningStep::Retire { key: spare.id, retires_at }]);
}

#[test]
fn what_has_retired_is_removed_a_day_later() {
    let (head, over) =
        (record(1, (at(0), at(0))), SigningKeyRecord { retires_at: Some(at(100)), ..record(2, (at(0), at(0))) });
    let removal = at(100) + KEPT_AFTER;
    let keys = [head, over.clone()];

    assert_eq!(plan_signing(&keys, removal - Duration::from_secs(1)), []);
    assert_eq!(plan_signing(&keys, removal), [SigningStep::Remove { key: over.id }]);
}

#[test]
fn a_branch_key_gets_a_version_once_it_is_a_year_old() {
    let line = |version| RegisteredBranchKey {
        tenant: TenantId::from_keyed_bytes([1; 16]),
        newest: BranchKeyVersion::new(version).unwrap(),
        created_at: at(0),
    };
    let due = at(0) + BRANCH_KEY_AGE;

    assert_eq!(plan_branch(&line(1), due - Duration::from_secs(1)), None);
    assert_eq!(plan_branch(&line(1), due), BranchKeyVersion::new(2));
    assert_eq!(plan_branch(&line(u32::MAX), due), None);
}

#[test]
fn no_plan_is_made_of_nothing() {
    assert_eq!(plan_signing(&[], at(0)), []);
    assert_eq!(plan_leak(&[], &record(1, (at(0), at(0))).id, at(0)), Leak::Unknown);
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn record(number: u32, (created_at, signs_from): (Timestamp, Timestamp)) -> SigningKeyRecord {
    SigningKeyRecord {
        id: format!("key-{number:04}").parse().unwrap(),
        public: Vec::new(),
        wrapped_private: Vec::new(),
        created_at,
        signs_from,
        retires_at: None,
    }
}
