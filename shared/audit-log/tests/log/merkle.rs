//! L4: the trees are those of RFC 9162, for 0 to 1025 leaves.
//!
//! Three implementations are held to one another: `ct-merkle`, our right edge, and the definitions of RFC 9162 §2.1 written down
//! as they stand there; and they are held to the published vectors of Certificate Transparency's reference implementation
//! (transparency-dev/merkle, testonly/reference_test.go; the same as in google/certificate-transparency).

use std::cell::RefCell;
use std::collections::HashMap;

use audit_log::tree::{Root, Tree};
use audit_log::{Edge, Hash};

/// RFC 9162 §2.1, recursively. What was computed once is kept.
struct Definitions {
    leaves: Vec<Vec<u8>>,
    known: RefCell<HashMap<(usize, usize), Hash>>,
}

impl Definitions {
    fn of(leaves: Vec<Vec<u8>>) -> Self {
        Self { leaves, known: RefCell::default() }
    }

    /// MTH(D[start:end]), §2.1.1.
    fn root(&self, start: usize, end: usize) -> Hash {
        let known = self.known.borrow().get(&(start, end)).copied();
        known.unwrap_or_else(|| {
            let hash = match end - start {
                0 => Hash::of(&[]),
                1 => Hash::of(&[&[0], &self.leaves[start]]),
                size => {
                    let middle = start + largest_power_below(size);
                    Hash::of(&[&[1], self.root(start, middle).as_ref(), self.root(middle, end).as_ref()])
                }
            };
            self.known.borrow_mut().insert((start, end), hash);
            hash
        })
    }

    /// PATH(m, D[start:end]), §2.1.3.1.
    fn inclusion(&self, index: usize, start: usize, end: usize) -> Vec<Hash> {
        if end - start == 1 {
            return Vec::new();
        }
        let middle = start + largest_power_below(end - start);
        if start + index < middle {
            [self.inclusion(index, start, middle), vec![self.root(middle, end)]].concat()
        } else {
            [self.inclusion(start + index - middle, middle, end), vec![self.root(start, middle)]].concat()
        }
    }

    /// SUBPROOF(m, D[start:end], b), §2.1.4.1.
    fn consistency(&self, size: usize, start: usize, end: usize, is_known: bool) -> Vec<Hash> {
        if size == end - start {
            return if is_known { Vec::new() } else { vec![self.root(start, end)] };
        }
        let half = largest_power_below(end - start);
        let middle = start + half;
        if size <= half {
            [self.consistency(size, start, middle, is_known), vec![self.root(middle, end)]].concat()
        } else {
            [self.consistency(size - half, middle, end, false), vec![self.root(start, middle)]].concat()
        }
    }
}

/// The largest power of two smaller than a size of at least two.
fn largest_power_below(size: usize) -> usize {
    1 << (size - 1).ilog2()
}

const SIZES: usize = 1025;

fn leaves(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|number| number.to_string().into_bytes()).collect()
}

#[test]
fn l4_roots_are_those_of_rfc_9162_for_0_to_1025_leaves() {
    let definitions = Definitions::of(leaves(SIZES));
    let (mut edge, mut tree) = (Edge::default(), Tree::of(Vec::<Vec<u8>>::new()));

    for size in 0..=SIZES {
        let root = definitions.root(0, size);

        assert_eq!((edge.root(), tree.root()), (root, root), "{size} leaves");
        let stored = Edge::from_subtrees(size as u64, &edge.subtrees()).unwrap();
        assert_eq!(stored, edge);
        if let Some(leaf) = definitions.leaves.get(size) {
            edge.push(leaf);
            tree.push(leaf.clone());
        }
    }
}

#[test]
fn l4_every_inclusion_proof_is_that_of_rfc_9162_for_1_to_1025_leaves() {
    let definitions = Definitions::of(leaves(SIZES));
    let mut tree = Tree::of(Vec::<Vec<u8>>::new());

    for size in 1..=SIZES {
        tree.push(definitions.leaves[size - 1].clone());
        for index in 0..size {
            assert_eq!(
                tree.inclusion(index as u64).unwrap(),
                definitions.inclusion(index, 0, size),
                "{index} of {size}"
            );
        }
        assert_eq!(tree.inclusion(size as u64), None);
    }
}

#[test]
fn l4_every_consistency_proof_is_that_of_rfc_9162_for_0_to_1025_leaves() {
    let definitions = Definitions::of(leaves(SIZES));
    let mut tree = Tree::of(Vec::<Vec<u8>>::new());

    for size in 1..=SIZES {
        tree.push(definitions.leaves[size - 1].clone());
        for earlier in 1..=size {
            let proof = tree.consistency(earlier as u64).unwrap();
            assert_eq!(proof, definitions.consistency(earlier, 0, size, true), "{earlier} of {size}");
        }
        assert_eq!((tree.consistency(0), tree.consistency(size as u64 + 1)), (Some(Vec::new()), None));
    }
}

/// Around powers of two and in between.
fn some_sizes() -> impl Iterator<Item = usize> {
    (1..=SIZES).filter(|size| *size < 20 || size % 97 == 0 || (size - 1).is_power_of_two() || size.is_power_of_two())
}

#[test]
fn l4_proofs_prove_what_they_are_for_and_nothing_else() {
    let definitions = Definitions::of(leaves(SIZES + 1));
    let root = |size: usize| Root { hash: definitions.root(0, size), size: size as u64 };

    for size in some_sizes() {
        for index in [0, size / 3, size / 2, size - 1] {
            let (leaf, proof) = (&definitions.leaves[index], definitions.inclusion(index, 0, size));
            assert!(root(size).includes(leaf, index as u64, &proof));
            assert!(!root(size).includes(&definitions.leaves[index + 1], index as u64, &proof));
            assert!(!root(size + 1).includes(leaf, index as u64, &proof));
            assert!(size == 1 || !root(size).includes(leaf, index as u64, &proof[1..]));
            assert!(size == 1 || !root(size).includes(leaf, (index as u64 + 1) % size as u64, &proof));
        }
        for earlier in [1, size / 3, size / 2, size - 1].into_iter().filter(|earlier| *earlier > 0 && *earlier < size) {
            let proof = definitions.consistency(earlier, 0, size, true);
            assert!(root(size).continues(&root(earlier), &proof));
            assert!(!root(size + 1).continues(&root(earlier), &proof));
            assert!(!root(size).continues(&Root { hash: Hash::ZERO, size: earlier as u64 }, &proof));
            assert!(!root(size).continues(&root(earlier), &proof[1..]));
        }
        assert!(root(size).continues(&root(0), &[]) && root(size).continues(&root(size), &[]));
        assert!(!root(size - 1).continues(&root(size), &[]));
    }
}

/// The leaves of the reference implementation's tests.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

/// The roots over the first leaves, from none to all.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn vector(text: &[&str]) -> Vec<Hash> {
    text.iter().map(|hash| hash.parse().unwrap()).collect()
}

#[test]
fn l4_the_reference_implementations_vectors_hold() {
    let leaves: Vec<Vec<u8>> = LEAVES.iter().map(|leaf| hex::decode(leaf).unwrap()).collect();
    let tree = |size: usize| Tree::of(leaves[..size].iter().cloned());
    let roots: Vec<String> = (0..=8).map(|size| tree(size).root().to_string()).collect();
    assert_eq!(roots, ROOTS);

    let path = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(tree(8).inclusion(5), Some(vector(&path)));
    assert_eq!(tree(3).inclusion(2), Some(vector(&[ROOTS[2]])));
    let growth = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(tree(8).consistency(6), Some(vector(&growth)));
}
