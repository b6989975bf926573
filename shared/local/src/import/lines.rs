//! The lines of a file, one after the other, in bounded memory.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use zeroize::Zeroizing;

/// A line and where it ends.
#[derive(Debug)]
pub struct FileLine {
    /// From 1.
    pub number: u64,
    /// Its bytes; none if it is too long.
    pub unverified: Option<Zeroizing<Vec<u8>>>,
    /// Where the next line begins.
    pub end: u64,
}

/// Reads lines.
#[derive(Debug)]
pub struct Lines<R> {
    reader: BufReader<R>,
    number: u64,
    end: u64,
}

impl<R: Read + Seek> Lines<R> {
    /// Goes on after so many lines, which end at this byte.
    ///
    /// # Errors
    /// What the system says.
    pub fn after(mut source: R, (number, end): (u64, u64)) -> io::Result<Self> {
        source.seek(SeekFrom::Start(end))?;
        Ok(Self { reader: BufReader::new(source), number, end })
    }

    /// The next line, if there is one.
    ///
    /// # Errors
    /// What the system says.
    pub fn read(&mut self) -> io::Result<Option<FileLine>> {
        let mut line = Zeroizing::new(Vec::with_capacity(MAX_LINE));
        let read = self.reader.by_ref().take(MAX_LINE as u64).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        let is_cut = line.last() != Some(&b'\n') && read == MAX_LINE;
        let rest = if is_cut { self.reader.skip_until(b'\n')? } else { 0 };
        self.number += 1;
        self.end += (read + rest) as u64;
        let unverified = (rest == 0).then_some(line);
        Ok(Some(FileLine { number: self.number, unverified, end: self.end }))
    }
}

/// Ten factors with the longest hashes take a third of it. With its end.
const MAX_LINE: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn import_lines_are_numbered_bounded_and_found_again() {
        let long = "x".repeat(3 * MAX_LINE);
        let text = format!("one\n\n{long}\nfour");
        let mut lines = Lines::after(Cursor::new(text.as_bytes()), (0, 0)).unwrap();

        let mut read = Vec::new();
        while let Some(line) = lines.read().unwrap() {
            read.push((line.number, line.unverified.map(|bytes| bytes.len()), line.end));
        }
        let mut again = Lines::after(Cursor::new(text.as_bytes()), (3, read[2].2)).unwrap();
        let last = again.read().unwrap().unwrap();

        let skipped = 5 + long.len() as u64 + 1;
        assert_eq!(read, [(1, Some(4), 4), (2, Some(1), 5), (3, None, skipped), (4, Some(4), skipped + 4)]);
        assert_eq!((last.number, last.unverified.unwrap().as_slice()), (4, b"four".as_slice()));
    }
}
