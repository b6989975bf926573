//! Objects are kept whole, once, and in every place alike.

use std::fs;

use audit_log::{
    FolderObjects, KeepObjects, Listed, LogKey, LogKeyRefused, MemoryObjects, ObjectError, ObjectKind, ObjectName,
    ReadLog, SignHeaders, SignedHeader, Unverified, read_checkpoints, verify_log,
};
use crypto::{KeyFileRefused, OutsideLambda};

use crate::sample::Sample;

const NAME: ObjectName = ObjectName { shard: 3, batch: 42, kind: ObjectKind::Header };

async fn holds_objects(objects: &(impl KeepObjects + ReadLog)) {
    assert_eq!(objects.read_object(&NAME).await.unwrap(), None);
    assert_eq!(objects.read(&NAME, 9).unwrap(), None);

    objects.put_object(&NAME, b"bytes").await.unwrap();
    objects.put_object(&NAME, b"bytes").await.unwrap();
    let other = objects.put_object(&NAME, b"other").await;

    assert!(matches!(other, Err(ObjectError::Different(NAME))));
    assert_eq!(objects.read_object(&NAME).await.unwrap().as_deref(), Some(b"bytes".as_slice()));
    assert_eq!(objects.read(&NAME, 9).unwrap().as_deref(), Some(b"bytes".as_slice()));
    assert_eq!(objects.read(&NAME, 2).unwrap().as_deref(), Some(b"by".as_slice()));
    assert_eq!(objects.list().unwrap(), [Listed::Object { name: NAME, bytes: 5 }]);
}

#[tokio::test]
async fn a_folder_and_memory_keep_objects_alike() {
    let folder = tempfile::tempdir().unwrap();

    holds_objects(&FolderObjects::new(folder.path())).await;
    holds_objects(&MemoryObjects::default()).await;
}

#[tokio::test]
async fn of_many_writers_of_one_name_one_wins_and_nothing_else_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let objects = FolderObjects::new(folder.path());
    let writers: Vec<_> = (0..16_u8)
        .map(|number| {
            let objects = objects.clone();
            tokio::spawn(async move { objects.put_object(&NAME, &[number; 1000]).await })
        })
        .collect();

    let mut kept = 0;
    for writer in writers {
        kept += usize::from(writer.await.unwrap().is_ok());
    }

    assert_eq!(kept, 1);
    let bytes = objects.read_object(&NAME).await.unwrap().unwrap();
    assert!(bytes.len() == 1000 && bytes.iter().all(|byte| *byte == bytes[0]));
    assert_eq!(objects.list().unwrap(), [Listed::Object { name: NAME, bytes: 1000 }]);
}

#[tokio::test]
async fn a_log_in_a_folder_verifies_and_what_does_not_belong_there_is_told() {
    let log = Sample::new().await;
    let folder = tempfile::tempdir().unwrap();
    let objects = FolderObjects::new(folder.path());
    for name in log.names() {
        objects.put_object(&name, &log.bytes(&name)).await.unwrap();
    }
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    fs::write(folder.path().join("shard-0000/more.txt"), "mine").unwrap();

    let mut progress = Vec::new();
    let report = verify_log(&objects, &log.keys, &log.headers, &mut |now| progress.push(now)).unwrap();

    assert_eq!(report.foreign, ["notes.txt", "shard-0000/more.txt"]);
    assert_eq!(report.shards.iter().map(|shard| shard.checkpoints).sum::<usize>(), log.headers.len());
    let end = progress.last().unwrap();
    assert_eq!((end.events, end.bytes), (200, end.total_bytes));
    assert!(progress.is_sorted_by_key(|now| now.bytes));
}

#[test]
fn a_folder_that_is_not_there_is_not_an_empty_log() {
    let folder = tempfile::tempdir().unwrap();
    let objects = FolderObjects::new(folder.path().join("missing"));

    let verified = verify_log(&objects, &audit_log::LogKeys::default(), &[], &mut |_| {});

    assert!(matches!(verified, Err(Unverified::Unreadable(_))));
}

#[tokio::test]
async fn checkpoints_are_read_from_a_folder_as_they_were_published() {
    let log = Sample::new().await;
    let folder = tempfile::tempdir().unwrap();
    let objects = FolderObjects::new(folder.path());
    for header in &log.headers {
        objects.put_object(&header.header().header_name(), &header.to_bytes()).await.unwrap();
    }
    fs::write(folder.path().join("from-a-message.json"), [log.headers[0].to_bytes(), b"\n".to_vec()].concat()).unwrap();

    let mut read = read_checkpoints(folder.path()).unwrap();
    read.sort_by_key(|it| (it.header().shard, it.header().batch));
    read.dedup();
    fs::write(folder.path().join("other.json"), "{}").unwrap();
    let refused = read_checkpoints(folder.path()).unwrap_err();

    assert_eq!(read, log.headers);
    assert!(refused.to_string().contains("other.json"), "{refused}");
}

#[tokio::test]
async fn the_key_file_is_made_once_and_kept_from_others() {
    use std::os::unix::fs::PermissionsExt;
    let outside = OutsideLambda::from_function_name(None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.key");

    let made = LogKey::load_or_create(&path, outside).unwrap();
    let read = LogKey::load_or_create(&path, outside).unwrap();
    let header = Sample::new().await.headers[0].header().clone();
    let header = audit_log::Header { key: made.key_id().clone(), ..header };
    let signed = SignedHeader::sign(header, &made).await.unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let exposed = LogKey::load_or_create(&path, outside);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, "not a key").unwrap();
    let malformed = LogKey::load_or_create(&path, outside);

    assert!(signed.is_signed_by(read.verifying_key()));
    assert!(matches!(exposed, Err(LogKeyRefused::File(KeyFileRefused::Exposed))));
    assert!(matches!(malformed, Err(LogKeyRefused::Malformed)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
