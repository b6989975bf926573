//! What is asked, in which order, and what is expected of the answers.

mod parts;
mod sample;
mod set_up;
mod shared;
mod step;
mod suite;
mod worker;

use clap::ValueEnum;

pub(crate) use sample::{Sample, SampleOutcome, look_for};
pub(crate) use shared::{Plan, Shared};
pub(crate) use step::Step;
pub(crate) use suite::Suite;

/// One kind of load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// Verifications are opened for random users
    Initiate,
    /// A verification is opened, and the right factors are presented
    Login,
    /// The right factors are presented for verifications that were opened before
    Verify,
    /// It is asked where verifications stand
    Status,
    /// It is asked whether tokens count, a token for each connection
    Introspect,
    /// All of these, and wrong digests, replays, malformed bodies and a user whose limit is used up
    Mixed,
    /// Verifications are opened at a rate, and at ten times the rate in the middle
    Burst,
    /// One request to open a verification, sent again and again over all connections
    ReplayStorm,
    /// Users are enrolled, by number
    #[value(skip)]
    Enroll,
}

impl Scenario {
    /// As on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or("enroll".to_owned(), |value| value.get_name().to_owned())
    }
}
