//! L3: whatever is done to a log after it was signed is found.
//!
//! Payloads are checked by `open_batch` where there are tens of thousands of cases: it is what `verify_log` does with each.

use audit_log::{
    Expectation, Fault, Flaw, Header, ObjectKind, ObjectName, Report, SignedHeader, Unverified, open_batch, verify_log,
    verify_retained,
};
use jiff::Timestamp;

use crate::sample::{SHARDS, Sample, event};

impl Sample {
    pub(crate) fn verify(&self, checkpoints: &[SignedHeader]) -> Result<Report, Fault> {
        match verify_log(&self.objects, &self.keys, checkpoints, &mut |_| {}) {
            Ok(report) => Ok(report),
            Err(Unverified::Fault(fault)) => Err(fault),
            Err(other) => panic!("{other}"),
        }
    }

    /// What is found when an object has other bytes, or is missing.
    fn fault_with(&self, name: ObjectName, bytes: Option<Vec<u8>>) -> Fault {
        let original = self.replace(name, bytes);
        let fault = self.verify(&[]).unwrap_err();
        self.replace(name, original);
        fault
    }

    fn payloads(&self) -> Vec<(&Header, Vec<u8>)> {
        self.headers.iter().map(|it| (it.header(), self.bytes(&it.header().payload_name()))).collect()
    }
}

fn flipped(bytes: &[u8], position: usize) -> Vec<u8> {
    let mut flipped = bytes.to_vec();
    flipped[position] ^= 1 << (position % 8);
    flipped
}

fn lines(payload: &[u8]) -> Vec<&[u8]> {
    payload.split_inclusive(|byte| *byte == b'\n').collect()
}

/// Where each line ends.
fn ends(payload: &[u8]) -> Vec<usize> {
    let mut end = 0;
    lines(payload)
        .iter()
        .map(|line| {
            end += line.len();
            end
        })
        .collect()
}

pub(crate) fn header_name(shard: u16, batch: usize) -> ObjectName {
    ObjectName { shard, batch: batch as u64, kind: ObjectKind::Header }
}

fn flip_every_byte(log: &Sample, shard: u16) {
    for (header, payload) in log.payloads().into_iter().filter(|(header, _)| header.shard == shard) {
        for position in 0..payload.len() {
            let fault = open_batch(header, &flipped(&payload, position)).unwrap_err();

            assert_eq!(fault.object, header.payload_name(), "{fault}");
            assert!(fault.bytes.contains(&(position as u64)), "{position}: {fault}");
        }
    }
}

#[tokio::test]
async fn l3_every_flipped_byte_of_a_payload_in_the_first_shard_is_found_where_it_is() {
    flip_every_byte(&Sample::new().await, 0);
}

#[tokio::test]
async fn l3_every_flipped_byte_of_a_payload_in_the_second_shard_is_found_where_it_is() {
    flip_every_byte(&Sample::new().await, 1);
}

/// Without its payloads, which say nothing about the headers and take most of the time.
#[tokio::test]
async fn l3_every_flipped_byte_of_a_header_is_found_where_it_is() {
    let log = Sample::new().await;
    for header in &log.headers {
        log.replace(header.header().payload_name(), None);
    }
    let expected = Expectation { keys: &log.keys, checkpoints: &[], retained_since: Timestamp::MAX };
    assert!(verify_retained(&log.objects, &expected, &mut |_| {}).is_ok());

    for header in &log.headers {
        let (name, bytes) = (header.header().header_name(), header.to_bytes());
        for position in 0..bytes.len() {
            log.replace(name, Some(flipped(&bytes, position)));
            let Err(Unverified::Fault(fault)) = verify_retained(&log.objects, &expected, &mut |_| {}) else {
                panic!("byte {position} of {name} is not found")
            };

            assert_eq!(fault.object, name, "{fault}");
            assert!(fault.bytes.contains(&(position as u64)), "{position}: {fault}");
        }
        log.replace(name, Some(bytes));
    }
}

#[tokio::test]
async fn l3_a_changed_line_is_found_in_the_whole_log() {
    let log = Sample::new().await;
    let report = log.verify(&[]).unwrap();
    assert_eq!(report.shards.iter().map(|shard| shard.events).sum::<u64>(), 200);

    for (header, payload) in log.payloads() {
        for end in ends(&payload) {
            let position = end - 100;
            let fault = log.fault_with(header.payload_name(), Some(flipped(&payload, position)));

            assert_eq!(fault.object, header.payload_name(), "{fault}");
            assert!(fault.bytes.contains(&(position as u64)), "{position}: {fault}");
        }
    }
}

#[tokio::test]
async fn l3_every_deleted_line_is_found() {
    let log = Sample::new().await;

    for (header, payload) in log.payloads() {
        for deleted in 0..lines(&payload).len() {
            let mut rest = lines(&payload);
            rest.remove(deleted);
            let fault = open_batch(header, &rest.concat()).unwrap_err();

            assert_eq!((fault.object, fault.flaw), (header.payload_name(), Flaw::OtherCount));
        }
    }
}

#[tokio::test]
async fn l3_every_deleted_object_is_found() {
    let log = Sample::new().await;

    for name in log.names() {
        let original = log.replace(name, None);
        let fault = log.verify(&log.headers).unwrap_err();
        log.replace(name, original);

        assert_eq!(fault.object, name, "{fault}");
        assert!(matches!(fault.flaw, Flaw::Missing | Flaw::CutOff { .. }), "{fault}");
    }
}

#[tokio::test]
async fn l3_every_inserted_line_is_found() {
    let log = Sample::new().await;
    let new = [event(1_000).canonical_json().into_bytes(), vec![b'\n']].concat();

    for (header, payload) in log.payloads() {
        let first = lines(&payload)[0].to_vec();
        for position in 0..=lines(&payload).len() {
            for inserted in [&new, &first] {
                let mut more = lines(&payload);
                more.insert(position, inserted);
                let fault = open_batch(header, &more.concat()).unwrap_err();

                assert_eq!(fault.object, header.payload_name(), "{fault}");
                assert!(matches!(fault.flaw, Flaw::OtherCount | Flaw::OtherShard(_)), "{fault}");
            }
        }
    }
}

#[tokio::test]
async fn l3_appended_bytes_are_found() {
    let log = Sample::new().await;

    for name in log.names() {
        for appended in [b"x".as_slice(), b" ", b"\n", b"\0"] {
            let bytes = log.bytes(&name);
            let fault = log.fault_with(name, Some([&bytes, appended].concat()));

            assert_eq!(fault.object, name, "{fault}");
            assert!(fault.bytes.contains(&(bytes.len() as u64)), "{fault}");
        }
    }
}

#[tokio::test]
async fn l3_an_inserted_object_is_found_or_not_part_of_the_log() {
    let log = Sample::new().await;

    for shard in 0..SHARDS {
        let length = log.headers.iter().filter(|it| it.header().shard == shard).count();
        for header in &log.headers {
            let fault = log.fault_with(header_name(shard, length + 1), Some(header.to_bytes()));
            assert_eq!((fault.object, fault.flaw), (header_name(shard, length + 1), Flaw::Misplaced));
        }
        let orphan = ObjectName { kind: ObjectKind::Payload([7; 8]), ..header_name(shard, 1) };
        log.replace(orphan, Some(b"whatever".to_vec()));
        assert_eq!(log.verify(&log.headers).unwrap().orphans, [orphan]);
        log.replace(orphan, None);
    }
}

#[tokio::test]
async fn l3_any_two_swapped_lines_are_found() {
    let log = Sample::new().await;
    let payloads = log.payloads();

    for (place, (header, payload)) in payloads.iter().enumerate() {
        for first in 0..lines(payload).len() {
            for second in first + 1..lines(payload).len() {
                let mut swapped = lines(payload);
                swapped.swap(first, second);
                let fault = open_batch(header, &swapped.concat()).unwrap_err();
                assert_eq!((fault.object, fault.flaw), (header.payload_name(), Flaw::OtherRoot));
            }
        }
        let others = payloads.iter().enumerate().filter(|(other, _)| *other != place);
        for line in others.flat_map(|(_, (_, other))| lines(other)) {
            let mut swapped = lines(payload);
            swapped[0] = line;
            let fault = open_batch(header, &swapped.concat()).unwrap_err();
            assert_eq!(fault.object, header.payload_name());
        }
    }
}

#[tokio::test]
async fn l3_any_two_swapped_objects_are_found() {
    let log = Sample::new().await;
    let names = log.names();

    for (place, &first) in names.iter().enumerate() {
        for &second in &names[place + 1..] {
            let (here, there) = (log.bytes(&first), log.bytes(&second));
            log.replace(first, Some(there.clone()));
            log.replace(second, Some(here.clone()));
            let fault = log.verify(&[]).unwrap_err();
            log.replace(first, Some(here));
            log.replace(second, Some(there));

            assert!([first, second].contains(&fault.object), "{first} and {second}: {fault}");
        }
    }
}

#[tokio::test]
async fn l3_two_batches_swapped_with_their_names_are_found() {
    let log = Sample::new().await;
    let (first, second) = (log.headers[1].header(), log.headers[2].header());
    let (here, there) = (log.bytes(&first.header_name()), log.bytes(&second.header_name()));
    for (from, batch) in [(first, second.batch), (second, first.batch)] {
        let payload = log.bytes(&from.payload_name());
        log.replace(ObjectName { batch, ..from.payload_name() }, Some(payload));
    }
    log.replace(first.header_name(), Some(there));
    log.replace(second.header_name(), Some(here));

    let fault = log.verify(&[]).unwrap_err();

    assert_eq!((fault.object, fault.flaw), (first.header_name(), Flaw::Misplaced));
}

#[tokio::test]
async fn l3_every_shortened_object_is_found() {
    let log = Sample::new().await;

    for (header, payload) in log.payloads() {
        for length in (0..payload.len()).step_by(13).chain(ends(&payload)) {
            if length < payload.len() {
                let fault = open_batch(header, &payload[..length]).unwrap_err();
                assert_eq!(fault.object, header.payload_name());
                assert!(matches!(fault.flaw, Flaw::Unterminated | Flaw::OtherCount), "{fault}");
            }
        }
        let name = header.header_name();
        let bytes = log.bytes(&name);
        for length in (0..bytes.len()).step_by(13) {
            assert_eq!(log.fault_with(name, Some(bytes[..length].to_vec())).object, name);
        }
    }
}

#[tokio::test]
async fn l3_a_log_that_was_cut_off_is_found_by_a_checkpoint_only() {
    let log = Sample::new().await;

    for cut_at in &log.headers {
        let of_shard = log.headers.iter().filter(|it| it.header().shard == cut_at.header().shard);
        let newest = of_shard.clone().next_back().unwrap();
        let removed = of_shard.map(SignedHeader::header).filter(|it| it.batch >= cut_at.header().batch);
        let names = removed.flat_map(|header| [header.payload_name(), header.header_name()]);
        let originals: Vec<_> = names.map(|name| (name, log.replace(name, None))).collect();

        log.verify(&[]).expect("nothing inside the log tells");
        let fault = log.verify(std::slice::from_ref(newest)).unwrap_err();
        for (name, bytes) in originals {
            log.replace(name, bytes);
        }

        let flaw = Flaw::CutOff { seen: newest.header().batch };
        assert_eq!(fault, Fault { object: cut_at.header().header_name(), bytes: 0..0, flaw });
    }
}
