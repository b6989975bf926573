//! How far a long command is, for somebody who watches.

use audit_log::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error, if that is a terminal; otherwise nothing.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        Self(bar)
    }

    pub(super) fn show(&self, progress: Progress) {
        self.0.set_length(progress.total_bytes);
        self.0.set_position(progress.bytes);
        self.0.set_message(format!("{} events", progress.events));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

const TEMPLATE: &str = "{bar:40} {percent:>3}%  {bytes}/{total_bytes}  {msg}  {eta} left";
