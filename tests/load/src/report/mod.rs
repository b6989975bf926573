//! What a run says: while it goes on, at its end, as JSON and as a page.

mod aims;
mod html;
mod plot;
mod progress;
mod summary;
mod text;

pub(crate) use aims::Aims;
pub(crate) use html::page;
pub(crate) use plot::latency_over_time;
pub(crate) use progress::Progress;
pub(crate) use summary::Summary;
pub(crate) use text::print;

/// One line for whoever waits; the answers to a program are files.
#[expect(clippy::print_stderr, reason = "a person reads this in a terminal")]
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}
