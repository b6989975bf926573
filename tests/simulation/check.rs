//! What a step's answers say, and what must hold of them.

use std::collections::BTreeSet;

use countersign_tests::{Answer, HandedOver, Opened};
use domain::{VERIFICATION_LIFETIME, Window};

use crate::errand::{Asked, Errand, Papers};
use crate::invariant::Invariant::{AsExpected, OutcomesHaveEvents, TokensNeedFactors};
use crate::invariant::holds;
use crate::operation::Operation;
use crate::simulation::{Before, Known, Reached, Simulation};

impl Simulation {
    /// Takes in what the processes of a step left behind.
    pub(crate) async fn check(
        &mut self,
        operation: &Operation,
        errands: &[Errand],
        mut papers: Vec<Papers>,
        before: &Before,
    ) {
        for answer in papers.iter().flat_map(|papers| [&papers.opened, &papers.answer]).flatten() {
            holds(answer.status != 500, AsExpected, || format!("a 500: {answer:?}"));
            let is_fault = answer.status == 503 && !before.is_struck;
            holds(!is_fault, AsExpected, || format!("a 503 without a fault: {answer:?}"));
        }
        let handed_over = self.handed_over().await;
        for (errand, papers) in errands.iter().zip(&papers) {
            if let Errand::Open { .. } = errand {
                self.take_in_opening(errand, papers, &handed_over, before);
            }
        }
        self.check_attempts(operation, errands, &mut papers, (&handed_over, before));
        for (errand, papers) in errands.iter().zip(papers) {
            match errand {
                Errand::Ask { kind: Asked::Enroll { person }, .. } => {
                    self.check_enrolling(*person, papers.answer.as_ref(), &handed_over, before);
                }
                Errand::Ask { kind: Asked::Status { verification }, .. } => {
                    self.check_status(*verification, papers.answer, before);
                }
                Errand::Ask { kind: Asked::Introspect { token }, .. } => {
                    self.check_introspection(*token, papers.answer.as_ref(), before);
                }
                Errand::Ask { kind: Asked::Refresh { token }, .. } => {
                    self.check_refresh(*token, papers.answer.as_ref(), before);
                }
                Errand::Ask { kind: Asked::Revoke { revocation }, .. } => {
                    self.check_revocation(*revocation, papers.answer, before);
                }
                Errand::Unlock { person } => self.check_unlocking(*person, papers.done, before),
                Errand::Shred { person } => self.take_in_shredding(*person, papers.shredded, &handed_over),
                Errand::Open { .. } | Errand::Attempt { .. } | Errand::Ask { .. } | Errand::Pass(_) => {}
            }
        }
        self.check_accounts(&handed_over);
    }

    fn take_in_opening(&mut self, errand: &Errand, papers: &Papers, handed_over: &HandedOver, before: &Before) {
        let (Errand::Open { person, call, .. }, Some(answer)) = (errand, &papers.opened) else { return };
        let person = *person;
        let is_same = |known: &&Known| known.opening.idempotency_key() == call.idempotency_key();
        let known = self.verifications.iter().find(is_same);
        if answer.status != 201 {
            let age = known.map(|known| self.now().duration_since(known.opened_at).unsigned_abs());
            let is_stale = answer.status == 400 && age.is_some_and(|age| age > VERIFICATION_LIFETIME);
            holds(is_stale || answer.status == 503, AsExpected, || format!("no opening: {answer:?}"));
            return;
        }
        holds(handed_over.opened(answer), OutcomesHaveEvents, || format!("opened without an event: {answer:?}"));
        let opened = Opened::from(answer);
        holds(spans_categories(&opened.asked), TokensNeedFactors, || format!("asks for {:?}", opened.asked));
        if let Some(known) = known {
            let first = &known.opened;
            let is_first =
                (&opened.id, &opened.asked, &opened.capability) == (&first.id, &first.asked, &first.capability);
            holds(is_first, AsExpected, || format!("another answer to a repeated opening: {answer:?}"));
            return;
        }
        let is_same_window = Window::containing(before.beginning.at) == Window::containing(self.now());
        let is_certain = is_same_window && before.enrolled[person] == self.enrollment(person);
        let exists = is_certain.then_some(before.enrolled[person].is_some());
        self.verifications.push(Known {
            person,
            opened,
            opening: call.clone(),
            opened_at: before.beginning.at,
            exists,
            attempts: Vec::new(),
            token: None,
            ended_as: None,
        });
    }

    fn check_enrolling(&mut self, person: usize, answer: Option<&Answer>, handed_over: &HandedOver, before: &Before) {
        let Some(answer) = answer else { return };
        let has = |fits: fn(&audit::Outcome) -> bool| handed_over.count(fits) > 0;
        let is_recorded = match answer.status {
            201 => has(|outcome| matches!(outcome, audit::Outcome::EnrollmentCreated { .. })),
            409 => has(|outcome| matches!(outcome, audit::Outcome::EnrollmentRefused { .. })),
            _ => true,
        };
        holds(is_recorded, OutcomesHaveEvents, || format!("{answer:?} without an event"));
        let is_again = answer.status == 201 && self.shredded.iter().any(|shredded| shredded.person == person);
        self.reached.extend(is_again.then_some(Reached::EnrolledAgain));
        if !before.is_mixed && !before.is_struck {
            let expected = if before.enrolled[person].is_some() { 409 } else { 201 };
            holds(answer.status == expected, AsExpected, || format!("{answer:?}, not {expected}"));
        }
    }

    /// What it says must be so; and an end is final.
    fn check_status(&mut self, position: usize, answer: Option<Answer>, before: &Before) {
        let Some(answer) = answer.filter(|answer| answer.status != 503) else { return };
        let status = answer.text("status");
        let remaining = answer.json()["attempts_remaining"].as_u64().unwrap();
        // Among others, it says what was so at some moment in between.
        if before.is_mixed {
            return;
        }
        let expected = self.look(position).status();
        let known = &mut self.verifications[position];
        holds(status == expected, AsExpected, || format!("is {status}, not {expected}"));
        let is_verified = known.token.is_none() || status == "verified";
        holds(is_verified, AsExpected, || format!("a token was given, and it is {status}"));
        let is_final = known.ended_as.as_ref().is_none_or(|ended_as| *ended_as == status);
        holds(is_final, AsExpected, || format!("{:?}, and then {status}", known.ended_as));
        if status != "open" {
            holds(remaining == 0, AsExpected, || format!("{status}, and {remaining} attempts remain"));
            known.ended_as = Some(status);
        }
    }

    fn check_unlocking(&self, person: usize, done: Option<bool>, before: &Before) {
        match done {
            Some(true) if !before.is_mixed => {
                let failures = self.account(person).failures;
                holds(failures.instants().is_empty(), AsExpected, || format!("unlocked, and {failures:?}"));
            }
            Some(true) => {}
            _ => holds(before.is_struck || before.is_mixed, AsExpected, || "not unlocked, without a fault".to_owned()),
        }
    }
}

/// Whether factors are two or more, of two or more categories, as DESIGN has them.
fn spans_categories(asked: &[String]) -> bool {
    let category = |factor: &String| match factor.as_str() {
        "pin" | "pattern" | "colour" | "emoji" | "words" | "image_tap" => "knowledge",
        "nfc" | "device_secret" => "possession",
        "fingerprint" | "face" | "voice" => "inherence",
        other => panic!("{other} is no factor"),
    };
    let categories: BTreeSet<&str> = asked.iter().map(category).collect();
    asked.len() >= 2 && categories.len() >= 2
}
