//! A file, known by its content.

use std::io::{self, Read, Write};

use aws_lc_rs::digest::{Context, SHA256};

/// How long a file is, and its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileContent {
    bytes: u64,
    sha256: String,
}

impl FileContent {
    /// What is to be read, in one pass and bounded memory.
    ///
    /// # Errors
    /// What the system says.
    pub fn of(source: &mut impl Read) -> io::Result<Self> {
        let mut digest = Digest(Context::new(&SHA256));
        let bytes = io::copy(source, &mut digest)?;
        Ok(Self { bytes, sha256: hex::encode(digest.0.finish()) })
    }

    /// How many bytes it has.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Its SHA-256, as 64 hexadecimal digits.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}

/// Takes in what is written.
struct Digest(Context);

impl Write for Digest {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_a_file_is_known_by_all_of_its_bytes() {
        let long = "x".repeat(1 << 20);
        let of = |text: &str| FileContent::of(&mut text.as_bytes()).unwrap();

        let abc = of("abc");

        // FIPS 180-2, appendix B.1.
        assert_eq!(
            (abc.bytes(), abc.sha256()),
            (3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        );
        assert_eq!(of(&long), of(&long));
        assert_ne!(of(&format!("{long}y")), of(&format!("{long}z")));
    }
}
