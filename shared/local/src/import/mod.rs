//! Importing users of another system: what it hashed of their digests becomes their verifiers, until each is replaced when it is next
//! proven right.
//!
//! - A file has a line of JSON for each user ([`Lines`] reads them, [`ImportLine`] is one that is understood).
//! - [`Import`] enrols the user of a line, through the ports that enroll uses. Who is enrolled stays as they are.
//! - [`Report`] says which lines were refused and why, and how far the import is; it can go on from there at any time, with the same
//!   file: it knows it by its [`FileContent`].

mod content;
mod line;
mod lines;
mod report;
mod users;

pub use content::FileContent;
pub use line::{ImportLine, LineRefused};
pub use lines::{FileLine, Lines};
pub use report::{ImportProgress, Report, ReportError};
pub use users::{Import, ImportError, ImportPorts, ImportStore, LineOutcome};
