//! The injective encoding of what goes into a keyed function: a label and fields, each behind its length.

use zeroize::Zeroize;

/// An encoding under construction. Two different sequences of fields never encode to the same bytes.
///
/// It is wiped when dropped, because some fields are digests.
pub(crate) struct Canonical(Vec<u8>);

impl Canonical {
    /// An encoding whose first field is `label`, which names the purpose and its version.
    pub(crate) fn new(label: &str) -> Self {
        Self(Vec::with_capacity(USUAL_CAPACITY)).field(label)
    }

    /// Appends a field: its length as eight big-endian bytes, then its bytes.
    pub(crate) fn field(mut self, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.0.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    /// The bytes so far.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Canonical {
    /// Wipes what was written. Wiping the whole buffer, as [`zeroize::Zeroizing`] does, costs more than most keyed functions.
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

/// More than any encoding of secrets needs, so that growing leaves no copy behind.
const USUAL_CAPACITY: usize = 1024;

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn encode(fields: &[Vec<u8>]) -> Vec<u8> {
        fields.iter().fold(Canonical::new("test"), Canonical::field).as_bytes().to_vec()
    }

    #[test]
    fn a_field_cannot_flow_into_the_next() {
        assert_ne!(encode(&[b"ab".to_vec(), b"c".to_vec()]), encode(&[b"a".to_vec(), b"bc".to_vec()]));
        assert_ne!(encode(&[b"ab".to_vec()]), encode(&[b"ab".to_vec(), Vec::new()]));
    }

    proptest! {
        #[test]
        fn different_fields_encode_differently(
            one in vec(vec(any::<u8>(), 0..12), 0..5),
            other in vec(vec(any::<u8>(), 0..12), 0..5),
        ) {
            prop_assert_eq!(one == other, encode(&one) == encode(&other));
        }
    }
}
