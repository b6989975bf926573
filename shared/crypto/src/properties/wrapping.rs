//! C4: the development key is as strict about the encryption context as AWS KMS.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use domain::{BranchKeyVersion, KeyId};

use super::tenant;
use crate::{
    CheckKey, DevelopmentKey, DevelopmentKeyRefused, EncryptionContext, KeyError, KeyFileRefused, KeyMaterial,
    OutsideLambda, SecretKey, SigningKey, UnwrapKey, WrapKey, WrappedKey,
};

fn load(path: &Path) -> Result<DevelopmentKey, DevelopmentKeyRefused> {
    DevelopmentKey::load_or_create(path, OutsideLambda::from_function_name(None).unwrap())
}

fn contexts() -> Vec<EncryptionContext> {
    let [first, second] = [1, 2].map(|number| BranchKeyVersion::new(number).unwrap());
    vec![
        EncryptionContext::branch_key(tenant(1), first),
        EncryptionContext::branch_key(tenant(1), second),
        EncryptionContext::branch_key(tenant(2), first),
        EncryptionContext::signing_key(&"kid-1".parse::<KeyId>().unwrap()),
        EncryptionContext::signing_key(&"kid-2".parse::<KeyId>().unwrap()),
    ]
}

#[tokio::test]
async fn c4_a_key_unwraps_with_exactly_its_context() {
    let folder = tempfile::tempdir().unwrap();
    let key = load(&folder.path().join("key")).unwrap();
    let material = KeyMaterial::new(vec![5; 32]).unwrap();

    for (position, context) in contexts().iter().enumerate() {
        let wrapped = key.wrap_key(&material, context).await.unwrap();
        for (other_position, other) in contexts().iter().enumerate() {
            let unwrapped = key.unwrap_key(&wrapped, other).await;
            match unwrapped {
                Ok(unwrapped) if position == other_position => assert_eq!(unwrapped.expose(), material.expose()),
                Err(KeyError::Refused) if position != other_position => {}
                _ => panic!("{context:?} in {other:?}: {unwrapped:?}"),
            }
        }
    }
}

#[tokio::test]
async fn c4_a_key_unwraps_in_another_process_with_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let context = &contexts()[0];
    let [here, elsewhere] = ["key", "other-key"].map(|name| folder.path().join(name));
    let material = KeyMaterial::from(&SecretKey::new([5; 32]));

    let wrapped = load(&here).unwrap().wrap_key(&material, context).await.unwrap();

    assert_eq!(load(&here).unwrap().unwrap_key(&wrapped, context).await.unwrap().expose(), [5; 32]);
    assert!(matches!(load(&elsewhere).unwrap().unwrap_key(&wrapped, context).await, Err(KeyError::Refused)));
}

#[tokio::test]
async fn c4_an_altered_wrapped_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let key = load(&folder.path().join("key")).unwrap();
    let context = &contexts()[0];
    let wrapped = key.wrap_key(&KeyMaterial::new(vec![5; 32]).unwrap(), context).await.unwrap();

    for position in 0..wrapped.as_bytes().len() {
        let mut altered = wrapped.as_bytes().to_vec();
        altered[position] ^= 1;
        let outcome = key.unwrap_key(&WrappedKey::new(altered), context).await;
        assert!(matches!(outcome, Err(KeyError::Refused)), "byte {position}");
    }
    assert!(matches!(key.unwrap_key(&WrappedKey::new(Vec::new()), context).await, Err(KeyError::Refused)));
}

#[tokio::test]
async fn a_signing_key_survives_being_wrapped() {
    let folder = tempfile::tempdir().unwrap();
    let key = load(&folder.path().join("key")).unwrap();
    let signing_key = SigningKey::generate().unwrap();
    let id = signing_key.verifying_key().id().clone();
    let context = EncryptionContext::signing_key(&id);

    let wrapped = key.wrap_key(&signing_key.to_material().unwrap(), &context).await.unwrap();
    let unwrapped = SigningKey::from_material(&key.unwrap_key(&wrapped, &context).await.unwrap()).unwrap();

    assert_eq!(*unwrapped.verifying_key().id(), id);
    assert!(key.check_key().await.is_ok());
}

#[test]
fn key_material_is_neither_empty_nor_longer_than_kms_takes() {
    assert!(matches!(KeyMaterial::new(Vec::new()), Err(KeyError::Refused)));
    assert!(KeyMaterial::new(vec![1; 4096]).is_ok());
    assert!(matches!(KeyMaterial::new(vec![1; 4097]), Err(KeyError::Refused)));
    assert!(matches!(SecretKey::from_material(&KeyMaterial::new(vec![1; 31]).unwrap()), Err(KeyError::Refused)));
    assert!(matches!(SigningKey::from_material(&KeyMaterial::new(vec![1; 138]).unwrap()), Err(KeyError::Refused)));
}

#[test]
fn the_key_file_belongs_to_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");

    load(&path).unwrap();

    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(load(&path), Err(DevelopmentKeyRefused::File(KeyFileRefused::Exposed))));
}

#[test]
fn a_key_file_that_holds_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");

    for content in ["", "00", &"0".repeat(63), &"g".repeat(64), &"0".repeat(65), &"0".repeat(1000)] {
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(load(&path), Err(DevelopmentKeyRefused::Malformed)), "{content}");
    }
}

#[tokio::test]
async fn processes_that_make_the_file_at_once_get_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let context = &contexts()[0];

    let loading: Vec<_> = (0..8)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || load(&path).unwrap())
        })
        .collect();
    let keys: Vec<DevelopmentKey> = loading.into_iter().map(|thread| thread.join().unwrap()).collect();

    let wrapped = keys[0].wrap_key(&KeyMaterial::new(vec![5; 32]).unwrap(), context).await.unwrap();
    for key in &keys {
        assert!(key.unwrap_key(&wrapped, context).await.is_ok());
    }
}
