//! The report of an import: a file of JSON lines that says which lines were refused and why, and how far the import is.
//!
//! - It begins with what it is the report of, so that another import is not taken for this one: the tenant, and the file by its content. A
//!   file that was changed, be it by one byte, is another file.
//! - What came of some lines is written at once, refused ones first and then the progress. Whatever follows the last progress is of a
//!   write that was cut short, and is removed: those lines are imported again, which changes nothing.
//! - Nothing of a line's text is in it.

use std::borrow::Cow;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use domain::TenantId;
use serde::{Deserialize, Serialize};

use super::{FileContent, LineOutcome};

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportProgress {
    /// Lines that are done.
    pub lines: u64,
    /// Where the next one begins.
    pub bytes: u64,
    /// Users that were enrolled.
    pub imported: u64,
    /// Users that an earlier run had enrolled by the very same line.
    pub imported_before: u64,
    /// Users that were enrolled otherwise.
    pub already_enrolled: u64,
    /// Lines that were refused.
    pub refused: u64,
}

/// An open report. Nobody else can open it meanwhile.
#[derive(Debug)]
pub struct Report {
    path: PathBuf,
    file: File,
    progress: ImportProgress,
}

impl Report {
    /// Begins a report, or goes on with the one that is there, of the import of this file for this tenant.
    ///
    /// # Errors
    /// [`ReportError`] if it is of another import, in use, or can't be read or written.
    pub fn open(path: &Path, tenant: TenantId, content: &FileContent) -> Result<Self, ReportError> {
        let unusable = |source| ReportError::Unusable { path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let file = file.map_err(unusable)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => ReportError::InUse { path: path.to_owned() },
            TryLockError::Error(source) => unusable(source),
        })?;
        let mut report = Self { path: path.to_owned(), file, progress: ImportProgress::default() };
        let beginning = Entry::Import {
            tenant_id: Cow::Owned(tenant.to_string()),
            file_bytes: content.bytes(),
            file_sha256: Cow::Borrowed(content.sha256()),
        };
        let kept = report.read(&beginning)?;
        report.file.set_len(kept).map_err(unusable)?;
        report.file.seek(SeekFrom::End(0)).map_err(unusable)?;
        if kept == 0 {
            report.write(&[beginning, Entry::Progress(report.progress)])?;
        }
        Ok(report)
    }

    /// How far the import is.
    #[must_use]
    pub const fn progress(&self) -> ImportProgress {
        self.progress
    }

    /// Keeps what came of these lines, which follow those that are done. The next line begins at `end`.
    ///
    /// # Errors
    /// [`ReportError::Unusable`] if it can't be written.
    pub fn record(&mut self, outcomes: &[(u64, LineOutcome)], end: u64) -> Result<(), ReportError> {
        let mut progress = ImportProgress { bytes: end, ..self.progress };
        let mut entries = Vec::new();
        for (line, outcome) in outcomes {
            progress.lines = *line;
            let (count, reason) = match outcome {
                LineOutcome::Imported => (&mut progress.imported, None),
                LineOutcome::ImportedBefore => (&mut progress.imported_before, None),
                LineOutcome::AlreadyEnrolled => (&mut progress.already_enrolled, Some("already-enrolled")),
                LineOutcome::Refused(refused) => (&mut progress.refused, Some(refused.name())),
            };
            *count += 1;
            entries.extend(reason.map(|reason| Entry::Line { line: *line, reason: Cow::Borrowed(reason) }));
        }
        entries.push(Entry::Progress(progress));
        self.write(&entries)?;
        self.progress = progress;
        Ok(())
    }

    /// Reads what is there, and gives the end of what is to be kept: nothing if even the beginning was cut short.
    fn read(&mut self, beginning: &Entry<'_>) -> Result<u64, ReportError> {
        let path = self.path.clone();
        let foreign = || ReportError::Foreign { path: path.clone() };
        let (mut reader, mut end, mut kept) = (BufReader::new(&self.file), 0, 0);
        let mut text = String::new();
        while reader.read_line(&mut text).map_err(|_| foreign())? > 0 && text.ends_with('\n') {
            let entry = serde_json::from_str(&text).map_err(|_| foreign())?;
            let is_beginning = end == 0;
            end += text.len() as u64;
            match entry {
                Entry::Progress(progress) if !is_beginning => (self.progress, kept) = (progress, end),
                Entry::Line { .. } if !is_beginning => {}
                entry if is_beginning && entry == *beginning => {}
                _ => return Err(foreign()),
            }
            text.clear();
        }
        if end == 0 && !text.is_empty() && !beginning.text().starts_with(&text) {
            return Err(foreign());
        }
        Ok(kept)
    }

    /// Writes at once, as far as the disk.
    fn write(&mut self, entries: &[Entry<'_>]) -> Result<(), ReportError> {
        let text: String = entries.iter().map(Entry::text).collect();
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|source| ReportError::Unusable { path: self.path.clone(), source })
    }
}

/// A line of the report.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
enum Entry<'a> {
    /// What it is the report of.
    Import { tenant_id: Cow<'a, str>, file_bytes: u64, file_sha256: Cow<'a, str> },
    /// A line that was not imported.
    Line { line: u64, reason: Cow<'a, str> },
    /// How far the import is.
    Progress(ImportProgress),
}

impl Entry<'_> {
    fn text(&self) -> String {
        // Numbers and text of ours always have a JSON form.
        serde_json::to_string(self).map(|text| text + "\n").unwrap_or_default()
    }
}

/// Why a report can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It can't be read or written.
    #[error("the report {} can't be used", path.display())]
    Unusable {
        /// Where it is.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another import writes it.
    #[error("the report {} is in use by another import", path.display())]
    InUse {
        /// Where it is.
        path: PathBuf,
    },
    /// It is not the report of this import.
    #[error(
        "{} is not the report of an import of this file for this tenant: a file that has changed since needs another report",
        path.display()
    )]
    Foreign {
        /// Where it is.
        path: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::import::LineRefused;

    #[test]
    fn import_a_report_goes_on_where_it_was_and_forgets_what_was_cut_short() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        let mut report = Report::open(&path, tenant(1), &file("users")).unwrap();
        report.record(&[(1, LineOutcome::Imported), (2, LineOutcome::Refused(LineRefused::UserId))], 40).unwrap();
        drop(report);
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{whole}{{\"entry\":\"line\",\"line\":3,\"reason\":\"x\"}}\n{{\"ent")).unwrap();

        let mut again = Report::open(&path, tenant(1), &file("users")).unwrap();
        let resumed = again.progress();
        again.record(&[(3, LineOutcome::AlreadyEnrolled), (4, LineOutcome::ImportedBefore)], 100).unwrap();

        assert_eq!((resumed.lines, resumed.bytes, resumed.imported, resumed.refused), (2, 40, 1, 1));
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[2..],
            [
                r#"{"entry":"line","line":2,"reason":"malformed-user-id"}"#,
                r#"{"entry":"progress","lines":2,"bytes":40,"imported":1,"imported_before":0,"already_enrolled":0,"refused":1}"#,
                r#"{"entry":"line","line":3,"reason":"already-enrolled"}"#,
                r#"{"entry":"progress","lines":4,"bytes":100,"imported":1,"imported_before":1,"already_enrolled":1,"refused":1}"#,
            ]
        );
    }

    #[test]
    fn import_a_report_that_was_cut_at_any_byte_opens() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        let mut report = Report::open(&path, tenant(1), &file("users")).unwrap();
        report.record(&[(1, LineOutcome::Imported)], 40).unwrap();
        drop(report);
        let whole = fs::read(&path).unwrap();

        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let report = Report::open(&path, tenant(1), &file("users")).unwrap();
            assert_eq!(report.progress(), ImportProgress::default(), "{length}");
        }
    }

    #[test]
    fn import_the_report_of_another_import_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        drop(Report::open(&path, tenant(1), &file("users")).unwrap());
        let before = fs::read(&path).unwrap();

        for (tenant, text) in [(tenant(2), "users"), (tenant(1), "users and more"), (tenant(1), "Users")] {
            assert!(matches!(Report::open(&path, tenant, &file(text)), Err(ReportError::Foreign { .. })), "{text}");
        }
        assert_eq!(fs::read(&path).unwrap(), before);
        let without_hash = r#"{"entry":"import","tenant_id":"…","file_bytes":5}"#.replace('…', &tenant(1).to_string());
        fs::write(&path, without_hash + "\n").unwrap();
        assert!(matches!(Report::open(&path, tenant(1), &file("users")), Err(ReportError::Foreign { .. })));
        fs::write(&path, "a letter").unwrap();
        assert!(matches!(Report::open(&path, tenant(1), &file("users")), Err(ReportError::Foreign { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"a letter");
    }

    #[test]
    fn import_one_report_is_written_by_one_import() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");

        let first = Report::open(&path, tenant(1), &file("users")).unwrap();

        assert!(matches!(Report::open(&path, tenant(1), &file("users")), Err(ReportError::InUse { .. })));
        drop(first);
        assert!(Report::open(&path, tenant(1), &file("users")).is_ok());
    }

    fn file(text: &str) -> FileContent {
        FileContent::of(&mut text.as_bytes()).unwrap()
    }

    fn tenant(number: u8) -> TenantId {
        TenantId::from_keyed_bytes([number; 16])
    }
}
