//! How far a long command is, for somebody who watches.

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

    /// So many bytes of all of them are done, which are so much.
    pub(super) fn show(&self, (bytes, total_bytes): (u64, u64), so_much: String) {
        self.0.set_length(total_bytes);
        self.0.set_position(bytes);
        self.0.set_message(so_much);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

const TEMPLATE: &str = "{bar:40} {percent:>3}%  {bytes}/{total_bytes}  {msg}  {eta} left";
