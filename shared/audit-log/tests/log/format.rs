//! What docs/AUDIT_LOG.md says of the bytes.

use audit_log::{Hash, Header, InvalidHeader, InvalidKeys, LogKeys, ObjectKind, ObjectName, SignedHeader, shard_of};
use crypto::{Jwks, SigningKey};
use domain::EventId;

fn header() -> Header {
    Header {
        at: "2026-11-01T00:00:00Z".parse().unwrap(),
        batch: 42,
        count: 3,
        first: 1107,
        history: Hash::of(&[b"history"]),
        key: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs".parse().unwrap(),
        previous: Hash::of(&[b"previous"]),
        root: Hash::of(&[b"root"]),
        shard: 3,
        shards: 4,
    }
}

async fn signed(header: Header) -> SignedHeader {
    SignedHeader::sign(header, &SigningKey::generate().unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_header_has_one_spelling() {
    let header = signed(header()).await;
    let text = String::from_utf8(header.to_bytes()).unwrap();

    let (members, signature) = text.split_once(r#","signature":""#).unwrap();
    assert_eq!(
        members,
        concat!(
            r#"{"at":"2026-11-01T00:00:00Z","batch":42,"count":3,"first":1107,"#,
            r#""history":"HISTORY","#,
            r#""key":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs","#,
            r#""previous":"PREVIOUS","root":"ROOT","schema":1,"shard":3,"shards":4"#,
        )
        .replace("HISTORY", &Hash::of(&[b"history"]).to_string())
        .replace("PREVIOUS", &Hash::of(&[b"previous"]).to_string())
        .replace("ROOT", &Hash::of(&[b"root"]).to_string())
    );
    assert_eq!(signature.len(), 86 + 2);
    assert_eq!(SignedHeader::parse(text.as_bytes()), Ok(header));
}

#[tokio::test]
async fn another_spelling_of_a_header_is_refused() {
    let text = String::from_utf8(signed(header()).await.to_bytes()).unwrap();
    let root = Hash::of(&[b"root"]).to_string();

    for (from, to, error) in [
        (r#""batch":42"#, r#""batch": 42"#, InvalidHeader::NotCanonical),
        (r#""batch":42,"count":3"#, r#""count":3,"batch":42"#, InvalidHeader::NotCanonical),
        ("00:00:00Z", "00:00:00.0Z", InvalidHeader::NotCanonical),
        ("00:00:00Z", "01:00:00+01:00", InvalidHeader::NotCanonical),
        (root.as_str(), root.to_uppercase().as_str(), InvalidHeader::NotCanonical),
        (r#""batch":42"#, r#""batch":42,"batch":42"#, InvalidHeader::Malformed),
        (r#""batch":42"#, r#""batch":42.0"#, InvalidHeader::Malformed),
        (r#""batch":42"#, r#""batch":0"#, InvalidHeader::Malformed),
        (r#""batch":42"#, r#""batch":9007199254740992"#, InvalidHeader::Malformed),
        (r#""count":3"#, r#""count":0"#, InvalidHeader::Malformed),
        (r#""shards":4"#, r#""shards":3"#, InvalidHeader::Malformed),
        (r#""shards":4"#, r#""shards":4,"more":1"#, InvalidHeader::Malformed),
        (r#""schema":1"#, r#""schema":2"#, InvalidHeader::UnknownSchema),
    ] {
        assert_eq!(SignedHeader::parse(text.replacen(from, to, 1).as_bytes()), Err(error), "{to}");
    }
    assert_eq!(SignedHeader::parse(&[text.as_bytes(), b"\n"].concat()), Err(InvalidHeader::NotCanonical));
}

#[test]
fn names_sort_by_shard_and_batch_and_have_one_spelling() {
    let header = ObjectName { shard: 3, batch: 42, kind: ObjectKind::Header };
    let payload = ObjectName { kind: ObjectKind::Payload([0xab; 8]), ..header };

    assert_eq!(header.to_string(), "shard-0003/00000000000000000042.header.json");
    assert_eq!(payload.to_string(), "shard-0003/00000000000000000042-abababababababab.jsonl");
    assert_eq!((header.to_string().parse(), payload.to_string().parse()), (Ok(header), Ok(payload)));
    for other in [
        "shard-3/00000000000000000042.header.json",
        "shard-0003/42.header.json",
        "shard-0003/00000000000000000042-ABABABABABABABAB.jsonl",
        "shard-0003/00000000000000000042-abab.jsonl",
        "shard-0003/+0000000000000000042.header.json",
        "shard-0003/../00000000000000000042.header.json",
        "00000000000000000042.header.json",
    ] {
        assert!(other.parse::<ObjectName>().is_err(), "{other}");
    }
}

#[test]
fn an_events_shard_is_the_hash_of_its_id() {
    let id: EventId = "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap();
    let [a, b, c, d, ..] = *Hash::of(&[id.as_bytes()]).as_bytes();

    for shards in [1, 2, 3, 4, 1000] {
        assert_eq!(u32::from(shard_of(id, shards)), u32::from_be_bytes([a, b, c, d]) % u32::from(shards));
    }
    assert_eq!(shard_of(id, 0), 0);
    let mut counts = [0; 4];
    for number in 0..4000_u16 {
        counts[usize::from(shard_of(crate::sample::event(number).id, 4))] += 1;
    }
    assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
}

#[tokio::test]
async fn a_key_file_is_a_jwk_a_set_of_them_or_der() {
    let key = SigningKey::generate().unwrap();
    let public = key.verifying_key();
    let signed = SignedHeader::sign(Header { key: public.id().clone(), ..header() }, &key).await.unwrap();
    let prefix = hex::decode("3059301306072a8648ce3d020106082a8648ce3d030107034200").unwrap();
    let der = [prefix.as_slice(), public.public_bytes()].concat();

    for file in [
        serde_json::to_vec(&public.to_jwk()).unwrap(),
        serde_json::to_vec_pretty(&Jwks::of([public])).unwrap(),
        der.clone(),
    ] {
        let keys = LogKeys::parse(&file).unwrap();
        assert!(keys.key_of(&signed).is_some_and(|key| signed.is_signed_by(key)));
    }
    assert_eq!(LogKeys::parse(&der[1..]).map(drop), Err(InvalidKeys));
    assert_eq!(LogKeys::parse(b"{}").map(drop), Err(InvalidKeys));
}
