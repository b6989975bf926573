//! One size on one backend, in all stages.

use crate::figures::assumed;
use crate::{Backend, Bill, Figures, Load, Outcome, Stage, simulate};

/// What somebody wants to know.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question {
    /// Verifications that are opened together.
    pub verifications: f64,
    /// Where they are kept.
    pub backend: Backend,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// What was asked.
    pub question: Question,
    /// Where nothing was limited.
    pub needs: Outcome,
    /// In each stage.
    pub stages: Vec<(Stage, Outcome)>,
    /// What the load costs where nothing is refused.
    pub bill: Bill,
}

impl Evaluation {
    /// What came of it in a stage.
    #[must_use]
    pub fn stage(&self, stage: Stage) -> Option<&Outcome> {
        self.stages.iter().find(|(other, _)| *other == stage).map(|(_, outcome)| outcome)
    }
}

/// Simulates a question in all stages.
#[must_use]
pub fn evaluate(figures: &Figures, question: Question, seed: u64) -> Evaluation {
    let Question { verifications, backend } = question;
    let load = Load { verifications, sample: figures.of(assumed::SAMPLE), seed, backend };
    let needs = simulate(figures, load, &Stage::Unlimited.capacities(figures, None));
    let stages = Stage::COMPARED.map(|stage| {
        let capacities = stage.capacities(figures, Some(&needs));
        (stage, simulate(figures, load, &capacities).with_cache(figures, backend, &capacities))
    });
    let bill = Bill::of(figures, backend, &needs);
    Evaluation { question, needs, stages: stages.into(), bill }
}
