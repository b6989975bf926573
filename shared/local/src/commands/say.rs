//! What the commands say to the person who runs them.

use std::io::{self, Write};

/// Writes a line to standard output, at once.
///
/// # Errors
/// What the system says, for example because nobody reads any more. Commands go on then, unless the line was the point.
pub(super) fn say(line: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}
