//! Writing and strictly reading the cache's values: numbers are big-endian, instants are milliseconds since 1970 in six bytes.

use jiff::Timestamp;

/// A value being written.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn byte(self, byte: u8) -> Self {
        self.bytes(&[byte])
    }

    pub(crate) fn number(self, number: u32) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    pub(crate) fn instant(self, at: Timestamp) -> Self {
        self.bytes(&instant(at))
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Bytes behind their length, which fits two bytes: nothing that is stored is as long as 64 KiB.
    pub(crate) fn measured(self, bytes: &[u8]) -> Self {
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        self.bytes(&length.to_be_bytes()).bytes(bytes.get(..usize::from(length)).unwrap_or(bytes))
    }

    /// Bytes behind a one, or a zero.
    pub(crate) fn optional(self, bytes: Option<&[u8]>) -> Self {
        match bytes {
            Some(bytes) => self.byte(1).bytes(bytes),
            None => self.byte(0),
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// An instant's six bytes. None before 1970 is ever stored.
pub(crate) fn instant(at: Timestamp) -> [u8; 6] {
    let [_, _, bytes @ ..] = at.as_millisecond().max(0).to_be_bytes();
    bytes
}

/// A value being read. Every method gives `None` if there is less than it asks for.
#[derive(Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn number(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn instant(&mut self) -> Option<Timestamp> {
        let bytes: [u8; 6] = self.array()?;
        let millis = bytes.iter().fold(0, |millis, byte| millis << 8 | i64::from(*byte));
        Timestamp::from_millisecond(millis).ok()
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(crate) fn measured(&mut self) -> Option<&'a [u8]> {
        let length = self.array().map(u16::from_be_bytes)?;
        self.bytes(usize::from(length))
    }

    /// Whether there is something: a one, or a zero.
    pub(crate) fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// Whether nothing is left.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is left, at least one byte.
    pub(crate) fn rest(self) -> Option<&'a [u8]> {
        Some(self.0).filter(|rest| !rest.is_empty())
    }
}
