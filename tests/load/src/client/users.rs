//! The users that are loaded with: their ids and what their factors are, from a seed and a number.

use uuid::{Builder, Uuid};

use crate::random::Random;

/// Users with numbers from 0; the same for the same seed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Users {
    /// What their ids and digests are derived from.
    pub(crate) seed: u64,
    /// How many are enrolled.
    pub(crate) count: u64,
}

impl Users {
    /// One user's id.
    pub(crate) fn id(self, number: u64) -> Uuid {
        Builder::from_custom_bytes(self.of(number, 0).bytes()).into_uuid()
    }

    /// What one user presents, pin then nfc.
    pub(crate) fn digests(self, number: u64) -> Digests {
        Digests([1, 2].map(|factor| hex(self.of(number, factor).bytes())))
    }

    /// What is not what one user presents.
    pub(crate) fn wrong_digests(self, number: u64) -> Digests {
        Digests([3, 2].map(|factor| hex(self.of(number, factor).bytes())))
    }

    /// Somebody of those that always present what is right: the first nine of ten.
    pub(crate) fn right(self, random: &mut Random) -> u64 {
        random.below(self.count - self.count / 10)
    }

    /// Somebody of those that always present what is wrong, whose accounts get locked by it.
    pub(crate) fn wrong(self, random: &mut Random) -> u64 {
        let wrong = (self.count / 10).max(1);
        self.count - wrong + random.below(wrong)
    }

    /// Somebody who is not enrolled, whose limit gets used up.
    pub(crate) const LIMITED: u64 = u64::MAX;

    /// Numbers for one purpose of one user, that no other purpose gets.
    const fn of(self, number: u64, purpose: u64) -> Random {
        let seed = Random::seeded(self.seed).next();
        let seed = Random::seeded(seed ^ number).next();
        Random::seeded(Random::seeded(seed ^ purpose).next())
    }
}

/// The digests of pin and nfc, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digests(pub(crate) [[u8; 64]; 2]);

fn hex(bytes: [u8; 32]) -> [u8; 64] {
    let mut text = [0; 64];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        let digits = [byte >> 4, byte & 0xf].map(|digit| if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
        pair.copy_from_slice(&digits);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const USERS: Users = Users { seed: 1, count: 1_000 };

    #[test]
    fn a_user_is_the_same_in_every_run_with_the_seed() {
        assert_eq!(USERS.id(17), Users { seed: 1, count: 5 }.id(17));
        assert_eq!(USERS.digests(17), Users { seed: 1, count: 5 }.digests(17));
        assert_ne!(USERS.id(17), Users { seed: 2, count: 1_000 }.id(17));
    }

    #[test]
    fn no_two_users_share_an_id_or_a_digest() {
        let ids: BTreeSet<Uuid> = (0..1_000).map(|number| USERS.id(number)).collect();
        let digests: BTreeSet<[u8; 64]> = (0..1_000).flat_map(|number| USERS.digests(number).0).collect();

        assert_eq!((ids.len(), digests.len()), (1_000, 2_000));
        assert_ne!(USERS.digests(5), USERS.wrong_digests(5));
    }

    #[test]
    fn a_digest_is_64_hexadecimal_digits() {
        assert_eq!(hex([0x0a; 32]), [b'0', b'a'].repeat(32).as_slice());
        assert_eq!(hex([0xf9; 32]), [b'f', b'9'].repeat(32).as_slice());
    }

    #[test]
    fn who_is_wrong_is_never_asked_to_be_right() {
        let mut random = Random::seeded(3);
        for count in [1, 2, 10, 1_000] {
            let users = Users { seed: 1, count };
            for _ in 0..1_000 {
                let (right, wrong) = (users.right(&mut random), users.wrong(&mut random));
                assert!(right < count && wrong < count, "{right}, {wrong} of {count}");
                assert!(count < 10 || right < wrong, "{right}, {wrong} of {count}");
            }
        }
    }
}
