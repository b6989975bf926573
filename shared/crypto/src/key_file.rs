//! A key in a file that its owner alone can read, where there is no key service.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use domain::Entropy;
use zeroize::Zeroizing;

use crate::OsEntropy;

/// Reads the file, or makes it with what `fresh` gives. Of several processes that do so at once, all get the same bytes, and nobody
/// ever sees half a file.
///
/// # Errors
/// [`KeyFileRefused`] if the file can't be read or made, or is open to others.
pub fn load_or_create_key_file(
    path: &Path,
    fresh: impl FnOnce() -> io::Result<Zeroizing<Vec<u8>>>,
) -> Result<Zeroizing<Vec<u8>>, KeyFileRefused> {
    match File::open(path) {
        Ok(file) => read(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create(path, &fresh()?)?;
            read(File::open(path)?)
        }
        Err(error) => Err(error.into()),
    }
}

/// Why there is no key in the file.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileRefused {
    /// The file can't be read or made.
    #[error("the key's file can't be read or made")]
    Io(#[from] io::Error),
    /// Its group or everybody may read or write the file.
    #[error("the key's file is open to others than its owner")]
    Exposed,
}

fn read(file: File) -> Result<Zeroizing<Vec<u8>>, KeyFileRefused> {
    if file.metadata()?.mode() & OTHERS != 0 {
        return Err(KeyFileRefused::Exposed);
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_FILE_LENGTH));
    file.take(MAX_FILE_LENGTH as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes beside `path` and links it there, which fails if another process was first: that one's key counts.
fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let suffix = hex::encode((&OsEntropy as &dyn Entropy).array::<8>().map_err(io::Error::other)?);
    let draft = path.with_extension(format!("draft-{suffix}"));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let linked = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    linked.or_else(|error| if error.kind() == io::ErrorKind::AlreadyExists { Ok(()) } else { Err(error) })
}

/// The permission bits of group and others.
const OTHERS: u32 = 0o077;

/// More than any of our keys; room enough that reading one never moves it.
const MAX_FILE_LENGTH: usize = 512;
