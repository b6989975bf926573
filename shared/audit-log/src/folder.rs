//! The log in a folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crypto::OsEntropy;
use domain::Entropy;

use crate::{KeepObjects, Listed, ObjectError, ObjectName, ReadLog};

/// A folder with one folder for each shard.
#[derive(Debug, Clone)]
pub struct FolderObjects {
    folder: PathBuf,
}

impl FolderObjects {
    /// The log in this folder, which is made when something is put.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    fn path(&self, name: &ObjectName) -> PathBuf {
        self.folder.join(name.to_string())
    }
}

impl KeepObjects for FolderObjects {
    async fn put_object(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), ObjectError> {
        let (name, path, bytes) = (*name, self.path(name), bytes.to_vec());
        let put = tokio::task::spawn_blocking(move || put(&path, &bytes)).await.map_err(ObjectError::unavailable)?;
        match put.map_err(ObjectError::unavailable)? {
            Put::Kept => Ok(()),
            Put::Different => Err(ObjectError::Different(name)),
        }
    }

    async fn read_object(&self, name: &ObjectName) -> Result<Option<Vec<u8>>, ObjectError> {
        match tokio::fs::read(self.path(name)).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ObjectError::unavailable(error)),
        }
    }
}

impl ReadLog for FolderObjects {
    fn list(&self) -> io::Result<Vec<Listed>> {
        let mut listed = Vec::new();
        list_into(&self.folder, "", &mut listed)?;
        Ok(listed)
    }

    fn read(&self, name: &ObjectName, most: u64) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(self.path(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::with_capacity(usize::try_from(file.metadata()?.len().min(most)).unwrap_or_default());
        file.take(most).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }
}

enum Put {
    Kept,
    Different,
}

/// Writes the bytes beside the name and links them to it, which fails if the name is taken: so an object is never half there and
/// never replaced. Its bytes, its name and its folder are on disk before this succeeds.
fn put(path: &Path, bytes: &[u8]) -> io::Result<Put> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    make_folder(folder)?;
    let random: [u8; 8] = (&OsEntropy as &dyn Entropy).array().map_err(io::Error::other)?;
    let draft = path.with_extension(format!("draft-{}", hex::encode(random)));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&draft)?;
    let linked = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    let put = match linked {
        Ok(()) => Put::Kept,
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Err(_) if fs::read(path)? == bytes => Put::Kept,
        Err(_) => Put::Different,
    };
    File::open(folder)?.sync_all()?;
    Ok(put)
}

fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    folder.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

/// One level of folders: what lies deeper has no name of an object.
fn list_into(folder: &Path, within: &str, listed: &mut Vec<Listed>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{within}{}", entry.file_name().to_string_lossy());
        let metadata = match entry.metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue, // a draft that was finished meanwhile
            Err(error) => return Err(error),
        };
        match name.parse() {
            Ok(object) if metadata.is_file() => listed.push(Listed::Object { name: object, bytes: metadata.len() }),
            _ if metadata.is_dir() && within.is_empty() => list_into(&entry.path(), &format!("{name}/"), listed)?,
            _ => listed.push(Listed::Foreign(name)),
        }
    }
    Ok(())
}
