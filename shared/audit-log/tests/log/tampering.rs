//! L3: whatever is done to a log after it was signed is found.

use std::ops::Range;

use audit_log::{Fault, Flaw, ObjectName, SignedHeader, Unverified, verify_log};

use crate::sample::Sample;

impl Sample {
    fn verify(&self, checkpoints: &[SignedHeader]) -> Result<(), Fault> {
        match verify_log(&self.objects, &self.keys, checkpoints, &mut |_| {}) {
            Ok(_) => Ok(()),
            Err(Unverified::Fault(fault)) => Err(fault),
            Err(other) => panic!("{other}"),
        }
    }
    fn names(&self) -> Vec<ObjectName> {
        self.objects.objects().keys().copied().collect()
    }
}

#[tokio::test]
async fn l3_every_flipped_byte_is_found_where_it_is() {
    let log = Sample::new().await;
    assert_eq!(log.verify(&[]), Ok(()));

    for name in log.names() {
        let length = log.objects.objects()[&name].len();
        for position in 0..length {
            let flip = |log: &Sample| log.objects.objects().get_mut(&name).unwrap()[position] ^= 1 << (position % 8);
            flip(&log);
            let fault = log.verify(&[]).unwrap_err();
            flip(&log);

            assert_eq!(fault.object, name, "{fault}");
            assert!(fault.bytes.contains(&(position as u64)), "{position}: {fault}");
        }
    }
}
