//! I4 at the end of a list: nothing is in the trail that did not happen, and nothing that was told is missing. That all of it gets
//! into the log, whatever befalls it on its way, is L1's (`tests/trail`).

use std::collections::BTreeMap;

use audit::{Event, Outcome};
use domain::{AttemptState, EventId, SessionId, VerificationId};

use crate::invariant::Invariant::OutcomesHaveEvents;
use crate::invariant::holds;
use crate::simulation::{Reached, Simulation};

/// What the trail tells of one verification.
#[derive(Debug, Default)]
struct Told {
    opened: Vec<EventId>,
    wrong: usize,
    succeeded: Vec<SessionId>,
    refused: usize,
}

impl Simulation {
    /// What must hold when everything is over.
    pub(crate) async fn conclude(&mut self) {
        let handed_over = self.handed_over().await;
        self.check_accounts(&handed_over);
        self.check_origins();
        self.check_events(handed_over.events());
        self.check_sessions().await;
        self.check_erasure().await;
    }

    fn check_events(&self, events: &[Event]) {
        let events: BTreeMap<EventId, &Event> = events.iter().map(|event| (event.id, event)).collect();
        let mut told: BTreeMap<VerificationId, Told> = BTreeMap::new();
        for event in events.values() {
            match event.outcome {
                Outcome::VerificationOpened { verification, .. } => {
                    told.entry(verification).or_default().opened.push(event.id);
                }
                Outcome::AttemptWrong { verification, .. } | Outcome::AttemptWhileLocked { verification, .. } => {
                    told.entry(verification).or_default().wrong += 1;
                }
                Outcome::VerificationSucceeded { verification, session, .. } => {
                    told.entry(verification).or_default().succeeded.push(session);
                }
                Outcome::CompletionRefused { verification } => told.entry(verification).or_default().refused += 1,
                _ => {}
            }
        }
        for (position, known) in self.verifications.iter().enumerate() {
            let told = told.remove(&known.opened.id.parse().unwrap()).unwrap_or_default();
            let stored = self.look(position).verification;
            let ended =
                |is: fn(&AttemptState) -> bool| stored.attempts.values().filter(|attempt| is(&attempt.state)).count();
            let wrong = ended(|state| matches!(state, AttemptState::Wrong { .. }));
            let undecided = ended(|state| *state == AttemptState::Claimed);
            let answered = |status| {
                let decided = known.attempts.iter().filter_map(|sent| sent.decided.as_ref());
                decided.filter(|answer| answer.status == status).count()
            };
            // After a fault, beside an enrollment, or where the set changes, a repeated opening may announce what it then finds opened otherwise: reconciling
            // takes that back.
            let is_told = told.opened.contains(&self.watch.branch.opening_event_id(&stored));
            let is_blurred = self.reached.contains(&Reached::Fault) || known.exists.is_none();
            let is_alone = told.opened.len() == 1 || is_blurred;
            holds(is_told && is_alone, OutcomesHaveEvents, || format!("a verification was opened, and {told:?}"));
            // An attempt at a locked account whose end a fault kept from being stored can be right once the account is unlocked.
            let reconsidered = usize::from(is_blurred && stored.verified.is_some());
            let is_told = (answered(401)..=wrong + undecided + reconsidered).contains(&told.wrong);
            holds(is_told, OutcomesHaveEvents, || format!("{wrong} wrong, {undecided} undecided, and {told:?}"));
            let is_told = told.succeeded.len() >= answered(200);
            holds(is_told, OutcomesHaveEvents, || format!("a success, and {told:?}"));
            // Attempts that are right at once announce their success side by side; all but one take that back.
            let session = stored.verified.as_ref().map(|verified| verified.session);
            let not_so = told.succeeded.iter().filter(|announced| Some(**announced) != session).count();
            let is_mended_later = self.reached.contains(&Reached::Fault) || self.reached.contains(&Reached::Death);
            let is_so = not_so <= told.refused || is_mended_later;
            holds(is_so, OutcomesHaveEvents, || format!("{session:?}, and {told:?}"));
        }
    }
}
