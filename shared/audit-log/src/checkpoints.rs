//! Checkpoints: signed headers that were published elsewhere. Only they reveal that a log was cut off.

use std::path::Path;
use std::{fs, io};

use crate::SignedHeader;

/// Reads every file in a folder, and in the folders directly in it, as a signed header. Their signatures are not checked yet.
///
/// # Errors
/// The system's, or `InvalidData` that names the file if one is not a header.
pub fn read_checkpoints(folder: &Path) -> io::Result<Vec<SignedHeader>> {
    let mut checkpoints = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            for inner in fs::read_dir(entry.path())? {
                checkpoints.push(read_checkpoint(&inner?.path())?);
            }
        } else {
            checkpoints.push(read_checkpoint(&entry.path())?);
        }
    }
    Ok(checkpoints)
}

fn read_checkpoint(path: &Path) -> io::Result<SignedHeader> {
    let bytes = fs::read(path)?;
    let not_one = |error| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", path.display()));
    SignedHeader::parse(bytes.trim_ascii_end()).map_err(not_one)
}
