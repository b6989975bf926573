//! How much the service holds: a simulation of its queues, from measured service times and published quotas.
//!
//! 1. [`figures`](GROUPS) are all numbers of the world, each with its source; [`Figures`] lets somebody replace them.
//! 2. [`Stage`] says what is allowed, and [`simulate`] sends a load through gateway, functions, tables, cache and queue.
//! 3. [`evaluate`] does that for a size and a backend in all stages, and [`Bill`] adds up what it costs.
//! 4. [`page`] and [`plots`] show it.

mod audit;
mod bill;
mod bucket;
mod evaluation;
mod figure;
mod figures;
mod function;
mod lambda;
mod latency;
mod limit;
mod mix;
mod number;
mod outcome;
mod plan;
mod random;
mod recording;
mod report;
mod services;
mod simulation;
mod stage;

pub use audit::AuditOutcome;
pub use bill::{Bill, Line, idle};
pub use bucket::TokenBucket;
pub use evaluation::{Evaluation, Question, evaluate};
pub use figure::{Figure, Figures, Source, UnusableFigure};
pub use figures::{GROUPS, Group};
pub use function::{ByFunction, Function};
pub use lambda::{Lambda, Start};
pub use latency::Latency;
pub use limit::{Limit, Table};
pub use mix::Mix;
pub use outcome::{Outcome, PeakUnits, Refusals, Second, Usage};
pub use plan::Backend;
pub use random::Random;
pub use report::{Unplottable, page, plots, summary};
pub use simulation::{Load, simulate};
pub use stage::{Capacities, Rate, Stage, Throughput};
