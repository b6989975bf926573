//! C5 and V5 of imported verifiers, and C7 of the strings that they come from.

use domain::{AskableSets, DuplicateFactor, FactorType, MAX_ASKABLE_SETS, PresentedFactors};
use testkit::SeededEntropy;

use super::{branch, branch_of, bytes_of, presented, set, user};
use crate::{
    EnrolledFactors, HashedText, ImportedFactors, ImportedHash, ImportedHashes, KdfParameters, KdfPool, Outcome,
    PhcRefused, ProvenFactors, StoredVerifier, VerifierError, Verifiers,
};

/// Four factors have nine askable sets.
const ENROLLED: [(FactorType, u8); 4] =
    [(FactorType::Pin, 1), (FactorType::Words, 2), (FactorType::Nfc, 3), (FactorType::Face, 4)];

/// Hashes of the digest `000102…1f`: by Python's `hashlib` and by the reference implementation of Argon2 (argon2-cffi).
const KNOWN: [(HashedText, &str); 6] = [
    (HashedText::Bytes, "$pbkdf2-sha256$i=100000$EBESExQVFhcYGRobHB0eHw$LL0lrH7iGoeAEm3XcPS90jsTlfPjGnNZeIBpG0cVcYc"),
    (
        HashedText::Hex,
        "$pbkdf2-sha256$i=100000,l=32$EBESExQVFhcYGRobHB0eHw$t9K8l2y6zeUoLvJPwXzoi4b0dcxaj49v//z7ayxS5PY",
    ),
    (
        HashedText::Bytes,
        "$argon2id$v=19$m=19456,t=2,p=1$EBESExQVFhcYGRobHB0eHw$XSxsZs9Z83oQi22j2fHXLWpQlyn4C//csZW9NzxDsLw",
    ),
    (
        HashedText::Hex,
        "$argon2id$v=19$m=19456,t=2,p=1$EBESExQVFhcYGRobHB0eHw$Q2r5uupgaB6F1AIPxru4ktXBbNidOZZqnhEBXKHWz9c",
    ),
    (
        HashedText::Bytes,
        "$argon2id$v=19$m=65536,t=3,p=4$EBESExQVFhcYGRobHB0eHw$7cB/3pWKRVVf+L7fdVF7BfrNxapjZvWRzFdC9cJDvBM",
    ),
    (
        HashedText::Hex,
        "$argon2id$v=19$m=65536,t=3,p=4$EBESExQVFhcYGRobHB0eHw$CoKPEz2N2QMt9hwgcUYuTBB9DuF+Ww24f4j+aIac29U",
    ),
];

#[tokio::test]
async fn c7_every_kind_of_phc_string_gives_the_published_answer() {
    for (text, phc) in KNOWN {
        let digest = std::array::from_fn(|position| u8::try_from(position).unwrap());
        let hashes = ImportedHashes::new(vec![(FactorType::Pin, ImportedHash::from_phc(phc, text).unwrap())]).unwrap();
        let (expected, recipes) = hashes.of_set(set(&[FactorType::Pin]));
        let digests = PresentedFactors::new(vec![(
            FactorType::Pin,
            domain::Digest::from_hex(&hex::encode::<[u8; 32]>(digest)).unwrap(),
        )])
        .unwrap();

        let pool = KdfPool::default();
        let computed = pool.run(move |kdf| recipes.hash(kdf, &digests)).await.unwrap();

        assert_eq!(computed[0].1, expected[0].1, "{text:?} {phc}");
    }
}

#[test]
fn import_what_is_no_hash_of_ours_is_refused_by_name() {
    let (salt, hash) = ("EBESExQVFhcYGRobHB0eHw", "LL0lrH7iGoeAEm3XcPS90jsTlfPjGnNZeIBpG0cVcYc");
    for (start, refused) in [
        ("", PhcRefused::Malformed),
        ("pbkdf2-sha256$i=100000", PhcRefused::Malformed),
        ("$2b$10", PhcRefused::Malformed),
        ("$scrypt$ln=16,r=8,p=1", PhcRefused::UnknownFunction),
        ("$argon2i$v=19$m=19456,t=2,p=1", PhcRefused::UnknownFunction),
        ("$pbkdf2-sha512$i=600000", PhcRefused::UnknownFunction),
        ("$argon2id$v=16$m=19456,t=2,p=1", PhcRefused::UnknownVersion),
        ("$argon2id$m=19456,t=2,p=1", PhcRefused::UnknownVersion),
        ("$pbkdf2-sha256$v=1$i=100000", PhcRefused::UnknownVersion),
        ("$argon2id$v=19$t=2,m=19456,p=1", PhcRefused::UnknownParameters),
        ("$argon2id$v=19$m=19456,t=2,p=1,keyid=AAAA", PhcRefused::UnknownParameters),
        ("$argon2id$v=19$m=19456,t=2,p=one", PhcRefused::UnknownParameters),
        ("$pbkdf2-sha256$i=100000,i=100000", PhcRefused::UnknownParameters),
        ("$pbkdf2-sha256$i=100000,l=64", PhcRefused::HashLength),
        ("$pbkdf2-sha256$i=0", PhcRefused::TooWeak),
        ("$argon2id$v=19$m=4096,t=3,p=1", PhcRefused::TooWeak),
        ("$pbkdf2-sha256$i=2000000", PhcRefused::TooExpensive),
        ("$argon2id$v=19$m=1048576,t=1,p=1", PhcRefused::TooExpensive),
    ] {
        let text = format!("{start}${salt}${hash}");
        assert_eq!(ImportedHash::from_phc(&text, HashedText::Bytes).map(|_| ()), Err(refused), "{text}");
    }
    for (end, refused) in [
        ("", PhcRefused::Malformed),
        ("$EBESExQVFhcYGRobHB0eHw", PhcRefused::Malformed),
        ("$short$LL0lrH7iGoeAEm3XcPS90jsTlfPjGnNZeIBpG0cVcYc", PhcRefused::Malformed),
        ("$EBESExQVFhcYGRobHB0eHw$LL0lrH7iGoeAEm3XcPS90g", PhcRefused::HashLength),
        ("$EBESExQVFhcYGRobHB0eHw$LL0lrH7iGoeAEm3XcPS90jsTlfPjGnNZeIBpG0cVcYc=", PhcRefused::Malformed),
        ("$EBESExQVFhcYGRobHB0eHw$LL0lrH7iGoeAEm3XcPS90jsTlfPjGnNZeIBpG0cVcYc$", PhcRefused::Malformed),
    ] {
        let text = format!("$pbkdf2-sha256$i=100000{end}");
        assert_eq!(ImportedHash::from_phc(&text, HashedText::Bytes).map(|_| ()), Err(refused), "{text}");
    }
}

#[test]
fn import_a_type_twice_is_refused() {
    let hash = || (FactorType::Pin, hash_of(1, HashedText::Bytes));

    assert_eq!(ImportedHashes::new(vec![hash(), hash()]).map(|_| ()), Err(DuplicateFactor));
}

#[tokio::test]
async fn c5_imported_verifiers_match_the_digests_that_were_hashed_and_ask_for_an_upgrade() {
    let pool = KdfPool::default();

    let stored = Verifiers::parse(&import(&pool).await.encode()).unwrap();

    assert_eq!((pool.runs(), stored.0.len()), (9, 9), "one derivation each");
    for verifier in &stored.0 {
        assert_eq!(check(&pool, answer(verifier, 0), verifier).await, Outcome::Match, "{verifier:?}");
        assert!(verifier.needs_upgrade(KdfParameters::CHEAP));
        assert_eq!(usize::from(verifier.further_turns()), verifier.set().len());
    }
}

#[tokio::test]
async fn v5_every_subset_of_wrong_digests_costs_an_imported_verifier_the_same() {
    for verifier in &import(&KdfPool::default()).await.0 {
        let factors = u64::try_from(verifier.set().len()).unwrap();
        for wrong in 1..(1 << factors) {
            let pool = KdfPool::default();
            let outcome = check(&pool, answer(verifier, wrong), verifier).await;
            assert_eq!((outcome, pool.runs(), pool.comparisons()), (Outcome::NoMatch, factors + 1, 1), "{wrong:b}");
        }
    }
}

#[tokio::test]
async fn v5_other_types_than_asked_never_match_an_imported_verifier_and_cost_the_same() {
    for verifier in &import(&KdfPool::default()).await.0 {
        let (asked, others): (Vec<_>, Vec<_>) =
            ENROLLED.into_iter().partition(|(factor, _)| verifier.set().contains(*factor));
        let with_another = |other| presented(&[asked.as_slice(), &[other]].concat());
        let answers = others.into_iter().map(with_another).chain([presented(&[]), presented(&asked[1..])]);

        for answer in answers {
            let pool = KdfPool::default();
            let outcome = check(&pool, answer, verifier).await;
            let runs = u64::try_from(asked.len()).unwrap() + 1;
            assert_eq!((outcome, pool.runs(), pool.comparisons()), (Outcome::NoMatch, runs, 1), "{verifier:?}");
        }
    }
}

#[tokio::test]
async fn c2_an_imported_verifier_moved_to_another_user_or_tenant_matches_nothing() {
    let pool = KdfPool::default();
    let verifiers = import(&pool).await;
    let (verifier, right) = (verifiers.0[0].clone(), answer(&verifiers.0[0], 0));

    let moved = pool.run(move |kdf| {
        let other_user = branch().check(kdf, user(2), &right, &verifier)?;
        Ok::<_, VerifierError>([other_user, branch_of(2, 1).check(kdf, user(1), &right, &verifier)?])
    });

    assert_eq!(moved.await, Ok([Outcome::NoMatch; 2]));
}

#[tokio::test]
async fn c5_an_upgraded_set_is_a_native_one_beside_imported_ones() {
    let pool = KdfPool::default();
    let verifiers = import(&pool).await;
    let (first, second) = (verifiers.0[0].clone(), verifiers.0[1].clone());
    let right = answer(&first, 0);

    let remade = pool
        .run(move |kdf| {
            let proven = ProvenFactors { user: user(1), presented: &right, parameters: KdfParameters::CHEAP };
            branch().remake_verifier(kdf, &SeededEntropy::new(5), &proven)
        })
        .await
        .unwrap();
    let mixed = Verifiers::parse(&verifiers.replacing(remade).unwrap().encode()).unwrap();

    let before = pool.runs();
    assert_eq!(check(&pool, answer(&first, 0), &mixed.0[0]).await, Outcome::Match);
    assert_eq!((pool.runs() - before, mixed.0[0].needs_upgrade(KdfParameters::CHEAP)), (1, false));
    assert_eq!(check(&pool, answer(&second, 0), &mixed.0[1]).await, Outcome::Match);
    assert!(mixed.0[1].needs_upgrade(KdfParameters::CHEAP));
}

#[tokio::test]
async fn import_native_verifiers_are_stored_as_before() {
    let pool = KdfPool::default();
    let native = pool
        .run(|kdf| {
            let (factors, entropy) = (presented(&ENROLLED), SeededEntropy::new(1));
            let sets = AskableSets::draw(factors.types(), &entropy)?.unwrap();
            let parameters = KdfParameters::CHEAP;
            let enrolled = EnrolledFactors { user: user(1), presented: &factors, sets: &sets, parameters };
            branch().make_verifiers(kdf, &entropy, &enrolled)
        })
        .await
        .unwrap();

    assert_eq!(native.encode()[0], 1, "the first format");
    assert_eq!(bytes_of(&native.0[0]).len(), 1 + native.0[0].set().to_string().len() + 7 + 4 + 16 + 32);
}

#[tokio::test]
async fn import_only_what_was_encoded_parses() {
    let verifiers = import(&KdfPool::default()).await;
    let all = verifiers.encode();

    for length in 0..all.len() {
        assert!(Verifiers::parse(&all[..length]).is_none(), "{length}");
    }
    assert!(Verifiers::parse(&[&all[..], &[0]].concat()).is_none());
    assert_eq!(Verifiers::parse(&all).unwrap().encode(), all);
    // None of them imported: that is another format's form.
    let mut unmarked = vec![2, 1, 0];
    verifiers.0[0].append_to(&mut unmarked);
    assert!(Verifiers::parse(&unmarked).is_none());
}

#[tokio::test]
async fn import_sixteen_verifiers_with_the_longest_salts_take_less_than_3_kb() {
    let all = FactorType::ALL.into_iter().take(10);
    let hashes: Vec<_> = all.map(|factor| (factor, hash_with(&[7; 48], 1, HashedText::Hex))).collect();

    let verifiers = import_hashes(&KdfPool::default(), ImportedHashes::new(hashes).unwrap()).await;

    assert_eq!(verifiers.0.len(), MAX_ASKABLE_SETS);
    assert!(verifiers.encode().len() < 3000, "{}", verifiers.encode().len());
}

#[test]
fn e5_no_imported_hash_prints() {
    let hash = hash_of(1, HashedText::Bytes);

    assert_eq!(format!("{hash:?}"), "ImportedHash(…)");
}

/// All of [`ENROLLED`], hashed one way and the other.
async fn import(pool: &KdfPool) -> Verifiers {
    let text = |byte: u8| if byte.is_multiple_of(2) { HashedText::Hex } else { HashedText::Bytes };
    let hashes = ENROLLED.map(|(factor, byte)| (factor, hash_of(byte, text(byte))));
    import_hashes(pool, ImportedHashes::new(hashes.to_vec()).unwrap()).await
}

async fn import_hashes(pool: &KdfPool, hashes: ImportedHashes) -> Verifiers {
    let made = pool.run(move |kdf| {
        let entropy = SeededEntropy::new(1);
        let sets = AskableSets::draw(hashes.types(), &entropy)?.unwrap();
        let parameters = KdfParameters::CHEAP;
        let imported = ImportedFactors { user: user(1), hashes: &hashes, sets: &sets, parameters };
        branch().import_verifiers(kdf, &entropy, &imported)
    });
    made.await.unwrap()
}

/// What another system made of a digest of these bytes, with one iteration.
fn hash_of(byte: u8, text: HashedText) -> ImportedHash {
    hash_with(&[byte; 16], byte, text)
}

fn hash_with(salt: &[u8], byte: u8, text: HashedText) -> ImportedHash {
    let hashed = match text {
        HashedText::Bytes => vec![byte; 32],
        HashedText::Hex => format!("{byte:02x}").repeat(32).into_bytes(),
    };
    let hash = KdfParameters::CHEAP.derive(salt, &hashed).unwrap();
    let base64 = |bytes: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::STANDARD_NO_PAD, bytes);
    let phc = format!("$pbkdf2-sha256$i=1${}${}", base64(salt), base64(hash.as_slice()));
    ImportedHash::from_phc(&phc, text).unwrap()
}

async fn check(pool: &KdfPool, presented: PresentedFactors, verifier: &StoredVerifier) -> Outcome {
    let verifier = verifier.clone();
    pool.run(move |kdf| branch().check(kdf, user(1), &presented, &verifier)).await.unwrap()
}

/// What was enrolled for the verifier's set, with some digests altered: bit n of `wrong` for the set's nth.
fn answer(verifier: &StoredVerifier, wrong: usize) -> PresentedFactors {
    let of_set = ENROLLED.into_iter().filter(|(factor, _)| verifier.set().contains(*factor)).enumerate();
    let pairs: Vec<_> = of_set
        .map(|(position, (factor, byte))| (factor, if wrong >> position & 1 == 1 { byte + 100 } else { byte }))
        .collect();
    presented(&pairs)
}
