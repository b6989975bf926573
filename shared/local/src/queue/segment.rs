//! A file of messages, one line each.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A segment that this process has locked. Its file is removed when this is dropped, if every message of it is settled; or
/// else left to whoever adopts it.
#[derive(Debug)]
pub(super) struct Segment {
    path: PathBuf,
    file: File,
    unsettled: AtomicU64,
}

impl Segment {
    /// Makes an empty one.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        let draft = tempfile::Builder::new().prefix("").suffix(".draft").append(true).tempfile_in(folder)?;
        // Before it has a name that others look for.
        draft.as_file().lock()?;
        let path = draft.path().with_extension(EXTENSION);
        let file = draft.persist_noclobber(&path).map_err(|error| error.error)?;
        Ok(Self { path, file, unsettled: AtomicU64::new(0) })
    }

    /// Locks one that nobody has locked and reads its messages; `None` if somebody has, or it is gone.
    ///
    /// A last line without an end was being written when its process ended: nobody was told that it was sent.
    pub(super) fn adopt(path: &Path) -> io::Result<Option<(Self, Vec<String>)>> {
        let mut file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Whoever had it may have removed it between the opening and the locking.
        if fs::metadata(path).map(|there| there.ino()).ok() != Some(file.metadata()?.ino()) {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut lines: Vec<String> =
            bytes.split(|byte| *byte == b'\n').map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        let _torn_or_empty = lines.pop();
        let unsettled = AtomicU64::new(lines.len() as u64);
        Ok(Some((Self { path: path.to_owned(), file, unsettled }, lines)))
    }

    /// Adds messages, in one write. After a failure the segment takes no more: its last line may be torn.
    pub(super) fn append(&self, messages: &[String]) -> io::Result<u64> {
        let mut lines = messages.join("\n");
        lines.push('\n');
        (&self.file).write_all(lines.as_bytes())?;
        self.unsettled.fetch_add(messages.len() as u64, Ordering::Relaxed);
        Ok(lines.len() as u64)
    }

    /// One message less to care for.
    pub(super) fn settle_one(&self) {
        self.unsettled.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        if *self.unsettled.get_mut() > 0 {
            return;
        }
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(error = %error, "a settled segment can't be removed and will be delivered again");
        }
    }
}

/// The segments in a folder.
pub(super) fn segments(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

const EXTENSION: &str = "jsonl";

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_is_not_settled_is_adopted_and_what_is_settled_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let segment = Segment::create(folder.path()).unwrap();
        segment.append(&lines(&["1", "2"])).unwrap();
        segment.append(&lines(&["3"])).unwrap();
        segment.settle_one();
        let path = segments(folder.path()).unwrap().remove(0);

        assert!(Segment::adopt(&path).unwrap().is_none(), "its process lives");
        drop(segment);
        let (adopted, messages) = Segment::adopt(&path).unwrap().unwrap();
        assert!(Segment::adopt(&path).unwrap().is_none(), "somebody adopted it");
        (0..3).for_each(|_| adopted.settle_one());
        drop(adopted);

        assert_eq!(messages, ["1", "2", "3"]);
        assert!(Segment::adopt(&path).unwrap().is_none(), "it is gone");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_torn_line_was_never_sent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.jsonl");
        fs::write(&path, b"{\"whole\":1}\n{\"to").unwrap();

        let (_segment, messages) = Segment::adopt(&path).unwrap().unwrap();

        assert_eq!(messages, ["{\"whole\":1}"]);
    }
}
